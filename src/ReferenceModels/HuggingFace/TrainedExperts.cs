using System.Numerics.Tensors;
using Engine.HuggingFace.Families;
using ReferenceModels.Ops;

namespace ReferenceModels.HuggingFace;

/// <summary>transformers' mixture of experts, as in <see cref="Models.MixtureOfExperts"/>: a token goes to the k most probable experts, weighted by
/// their probabilities divided by the sum of these.</summary>
internal static class TrainedExperts
{
    /// <summary>The mixture. Each expert's weights are read once, for all tokens that go to it.</summary>
    /// <param name="w">The weights.</param>
    /// <param name="e">The numbers.</param>
    /// <param name="block">The prefix of the weights' names.</param>
    /// <param name="x">(T, d).</param>
    /// <param name="d">Width of a row.</param>
    /// <returns>(T, d).</returns>
    public static float[] Forward(TrainedWeights w, ExpertSettings e, string block, float[] x, int d)
    {
        double[][] shares = [.. w.Product(block + "gate.weight", x, d).Chunk(e.E).Select(row => Shares(row, e.k))]; // (T, E)
        var y = new float[x.Length];
        for (int expert = 0; expert < e.E; expert++)
        {
            int[] tokens = [.. Enumerable.Range(0, shares.Length).Where(t => shares[t][expert] > 0)];
            if (tokens.Length == 0)
            {
                continue;
            }
            float[] taken = [.. tokens.SelectMany(t => x[(t * d)..((t + 1) * d)])];
            string name = $"{block}experts.{expert}.";
            float[] gate = w.Product($"{name}{e.Gate}.weight", taken, d), up = w.Product($"{name}{e.Up}.weight", taken, d), gated = new float[gate.Length];
            SwiGlu.Forward(gate, up, gated);
            float[] down = w.Product($"{name}{e.Down}.weight", gated, e.f);
            for (int i = 0; i < tokens.Length; i++)
            {
                Span<float> row = y.AsSpan(tokens[i] * d, d);
                TensorPrimitives.MultiplyAdd(down.AsSpan(i * d, d), (float)shares[tokens[i]][expert], row, row);
            }
        }
        return y;
    }

    // (E): each chosen expert's share, 0 for the others.
    private static double[] Shares(float[] logits, int k)
    {
        double[] p = [.. logits.Select(z => (double)z)];
        Softmax.Naive<double>(p);
        int[] chosen = [.. Enumerable.Range(0, p.Length).OrderByDescending(expert => p[expert]).Take(k)];
        double sum = chosen.Sum(expert => p[expert]);
        return [.. p.Select((share, expert) => chosen.Contains(expert) ? share / sum : 0)];
    }
}
