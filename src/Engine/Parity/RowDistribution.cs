namespace Engine.Parity;

/// <summary>The distribution that a row of logits represents: log softmax in double, with the maximum subtracted.</summary>
/// <param name="Top1">The most probable token; the first one among equals.</param>
/// <param name="LogSum">ln Σ exp(logit).</param>
internal readonly record struct RowDistribution(int Top1, double LogSum)
{
    public static RowDistribution Of(ReadOnlySpan<float> logits)
    {
        int top1 = 0;
        for (int v = 1; v < logits.Length; v++)
        {
            if (logits[v] > logits[top1])
            {
                top1 = v;
            }
        }
        double sum = 0;
        foreach (float logit in logits)
        {
            sum += Math.Exp((double)logit - logits[top1]);
        }
        return new RowDistribution(top1, logits[top1] + Math.Log(sum));
    }

    public double LogProbability(float logit) => logit - LogSum;
}
