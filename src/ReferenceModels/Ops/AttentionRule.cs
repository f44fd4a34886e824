using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Heads and scale of an attention, and what each of its T queries sees of n positions.</summary>
/// <param name="H">Query heads.</param>
/// <param name="G">Key/value heads; H is a multiple of it.</param>
/// <param name="Scale">Factor of the products q·k: 1/√d_k, but 1 in T5.</param>
internal sealed record AttentionRule(int H, int G, float Scale)
{
    /// <summary>Whether a query sees no position after its own.</summary>
    public bool Causal { get; init; }

    /// <summary>Position of the first query; if <see cref="Causal"/>, it sees First + 1 positions.</summary>
    public int First { get; init; }

    /// <summary>(H·T, n), added to the scaled scores; row h·T + t for head h and query t. Null for none.</summary>
    public Tensor? Bias { get; init; }

    /// <summary>(n), true for each position that no query sees, such as padding; null for none.</summary>
    public bool[]? Hidden { get; init; }

    /// <summary>How many positions, up to and including its own, a query sees (Beltagy et al. 2020, sliding window, https://arxiv.org/abs/2004.05150); 0 for all.</summary>
    public int Window { get; init; }

    /// <summary>c of the scores' soft cap c·tanh(s/c) (Gemma 2, https://arxiv.org/abs/2408.00118, section 2); 0 for none.</summary>
    public float SoftCap { get; init; }

    /// <summary>Whether training drops single attention weights; the Transformer of 2017 and LLaMA do not.</summary>
    public bool Drops { get; init; }

    /// <summary>How many of the n positions, counted from the first, query t sees.</summary>
    public int Seen(int t, int n) => Causal ? First + t + 1 : n;

    /// <summary>The first position that is computed for query t; keys are taken two at a time, so this may be one position before the first that it sees.</summary>
    public int From(int t) => FirstSeen(t) & ~1;

    /// <summary>c·tanh(s/c) of scaled scores, without the bias.</summary>
    public void Cap(Span<float> s)
    {
        if (SoftCap > 0)
        {
            TensorPrimitives.Multiply(s, 1 / SoftCap, s);
            Tanh.Forward(s, s);
            TensorPrimitives.Multiply(s, SoftCap, s);
        }
    }

    /// <summary>δs ← δs·(1 − (s/c)²), the backward pass through the cap.</summary>
    /// <param name="s">Capped scores, without the bias.</param>
    /// <param name="δs">Gradient of the capped scores on entry, of the scaled ones on return.</param>
    public void CapGradient(ReadOnlySpan<float> s, Span<float> δs)
    {
        for (int j = 0; j < δs.Length && SoftCap > 0; j++)
        {
            float y = s[j] / SoftCap;
            δs[j] *= 1 - y * y;
        }
    }

    /// <summary>s + b for the positions that one query of one head sees, starting at one of them.</summary>
    public void AddBias(Span<float> s, int head, int t, int T, int from = 0)
    {
        if (Bias is { } b)
        {
            TensorPrimitives.Add(s, b.Row(head * T + t).Slice(from, s.Length), s);
        }
    }

    /// <summary>s = −∞ for the positions hidden from query t, starting at one of them, so that softmax gives them 0.</summary>
    public void Hide(Span<float> s, int t, int from = 0)
    {
        s[..Math.Clamp(FirstSeen(t) - from, 0, s.Length)].Fill(float.NegativeInfinity);
        for (int j = 0; j < s.Length && Hidden is not null; j++)
        {
            s[j] = Hidden[from + j] ? float.NegativeInfinity : s[j];
        }
    }

    /// <summary>δb += δs for the positions that one query of one head sees.</summary>
    public void AddBiasGradient(ReadOnlySpan<float> δs, int head, int t, int T)
    {
        if (Bias is { } b)
        {
            Span<float> δb = b.Slice(head * T + t, 1).Gradient[..δs.Length];
            TensorPrimitives.Add(δb, δs, δb);
        }
    }

    private int FirstSeen(int t) => Window == 0 ? 0 : Math.Max(0, First + t + 1 - Window);
}
