using System.Numerics.Tensors;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Training.Optimization;

/// <summary>
/// AdamW (Loshchilov and Hutter 2017, https://arxiv.org/abs/1711.05101, algorithm 2), in PyTorch's order: w ← (1 − η·λ)·w;
/// m ← β₁·m + (1 − β₁)·g; v ← β₂·v + (1 − β₂)·g²; w ← w − η/(1 − β₁ᵗ) · m / (√v/√(1 − β₂ᵗ) + ε).
/// </summary>
/// <remarks>The decay λ applies to matrices, including embeddings; vectors (gains of norms, biases) do not decay, as in GPT and BERT.</remarks>
/// <param name="weights">The trained weights.</param>
/// <param name="beta1">β₁.</param>
/// <param name="beta2">β₂.</param>
/// <param name="epsilon">ε.</param>
/// <param name="decay">λ.</param>
internal sealed class AdamW(IReadOnlyList<Weight> weights, float beta1, float beta2, float epsilon, float decay)
{
    // Elements per index of the parallel loop.
    private const int Chunk = 1 << 14;

    /// <summary>First moments m, one array for each weight.</summary>
    public IReadOnlyList<float[]> M { get; } = [.. weights.Select(weight => new float[weight.Values!.Length])];

    /// <summary>Second moments v.</summary>
    public IReadOnlyList<float[]> V { get; } = [.. weights.Select(weight => new float[weight.Values!.Length])];

    /// <summary>The trained weights.</summary>
    public IReadOnlyList<Weight> Weights { get; } = weights;

    /// <summary>Whether a weight decays.</summary>
    public static bool Decays(Weight weight) => weight.Rows > 1;

    /// <summary>One step with the gradients stored in the weights.</summary>
    /// <param name="t">Its number, from 1.</param>
    /// <param name="rate">η.</param>
    /// <param name="scale">Factor of the gradients, from clipping.</param>
    /// <param name="workers">Threads.</param>
    public void Step(long t, float rate, float scale, Workers workers)
    {
        float correction1 = (float)(1 - Math.Pow(beta1, t)), correction2 = (float)Math.Sqrt(1 - Math.Pow(beta2, t));
        for (int i = 0; i < Weights.Count; i++)
        {
            (Weight weight, float[] m, float[] v) = (Weights[i], M[i], V[i]);
            float kept = Decays(weight) ? 1 - rate * decay : 1;
            workers.For((m.Length + Chunk - 1) / Chunk, chunk =>
            {
                int start = chunk * Chunk, length = Math.Min(Chunk, m.Length - start);
                Update(weight.Values.AsSpan(start, length), weight.Gradient.AsSpan(start, length), m.AsSpan(start, length), v.AsSpan(start, length),
                    kept, scale, rate / correction1, correction2);
            });
        }
    }

    private void Update(Span<float> w, ReadOnlySpan<float> gradient, Span<float> m, Span<float> v, float kept, float scale, float rate, float correction2)
    {
        Span<float> g = stackalloc float[256], u = stackalloc float[256];
        for (int i = 0; i < w.Length; i += 256)
        {
            int n = Math.Min(256, w.Length - i);
            g = g[..n];
            u = u[..n];
            Span<float> w_i = w.Slice(i, n), m_i = m.Slice(i, n), v_i = v.Slice(i, n);
            TensorPrimitives.Multiply(gradient.Slice(i, n), scale, g);
            TensorPrimitives.Multiply(m_i, beta1, m_i);
            TensorPrimitives.MultiplyAdd(g, 1 - beta1, m_i, m_i);
            TensorPrimitives.Multiply(g, g, u);
            TensorPrimitives.Multiply(v_i, beta2, v_i);
            TensorPrimitives.MultiplyAdd(u, 1 - beta2, v_i, v_i);
            TensorPrimitives.Sqrt(v_i, u);
            TensorPrimitives.Divide(u, correction2, u);
            TensorPrimitives.Add(u, epsilon, u);
            TensorPrimitives.Divide(m_i, u, u);
            TensorPrimitives.Multiply(w_i, kept, w_i);
            TensorPrimitives.MultiplyAdd(u, -rate, w_i, w_i);
        }
    }
}
