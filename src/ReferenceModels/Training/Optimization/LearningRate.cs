namespace ReferenceModels.Training.Optimization;

/// <summary>Linear warm-up, then a decay along half a cosine (Loshchilov and Hutter 2016, https://arxiv.org/abs/1608.03983, without restarts).</summary>
/// <param name="Peak">The rate after the warm-up.</param>
/// <param name="Warmup">Steps of the warm-up: its step s (from 0) has the rate Peak·(s + 1)/Warmup.</param>
/// <param name="Steps">Steps of the whole run.</param>
/// <param name="Final">The rate at the end, as a share of the peak; 1 keeps the peak.</param>
internal sealed record LearningRate(float Peak, int Warmup, int Steps, float Final)
{
    /// <summary>The rate of step s, from 0.</summary>
    public float At(int s)
    {
        if (s < Warmup)
        {
            return (float)((double)Peak * (s + 1) / Warmup);
        }
        double way = Math.Min(1, (double)(s - Warmup) / Math.Max(1, Steps - Warmup));
        return (float)(Peak * (Final + (1 - Final) * 0.5 * (1 + Math.Cos(Math.PI * way))));
    }
}
