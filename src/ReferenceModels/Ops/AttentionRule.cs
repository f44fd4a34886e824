using System.Numerics.Tensors;

namespace ReferenceModels.Ops;

/// <summary>Heads and scale of an attention, and what each of its T queries sees of n positions.</summary>
/// <param name="H">Query heads.</param>
/// <param name="G">Key/value heads; H is a multiple of it.</param>
/// <param name="Scale">Of the products q·k: 1/√d_k, but 1 in T5.</param>
internal sealed record AttentionRule(int H, int G, float Scale)
{
    /// <summary>Whether a query sees no position behind its own.</summary>
    public bool Causal { get; init; }

    /// <summary>Position of the first query; with <see cref="Causal"/> it sees First + 1 positions.</summary>
    public int First { get; init; }

    /// <summary>(H·T, n), added to the scaled scores; row h·T + t for head h and query t. Null for none.</summary>
    public Tensor? Bias { get; init; }

    /// <summary>(n), true for each position that no query sees, such as padding; null where all count.</summary>
    public bool[]? Hidden { get; init; }

    /// <summary>Whether training drops single weights; not in the Transformer of 2017 and in LLaMA.</summary>
    public bool Drops { get; init; }

    /// <summary>How many of the n positions, from the first on, query t sees.</summary>
    public int Seen(int t, int n) => Causal ? First + t + 1 : n;

    /// <summary>s + b for the positions seen of one head and query.</summary>
    public void AddBias(Span<float> s, int head, int t, int T)
    {
        if (Bias is { } b)
        {
            TensorPrimitives.Add(s, b.Row(head * T + t)[..s.Length], s);
        }
    }

    /// <summary>s = −∞ for those of the positions that are hidden, so that softmax gives them 0.</summary>
    public void Hide(Span<float> s)
    {
        for (int j = 0; j < s.Length && Hidden is not null; j++)
        {
            s[j] = Hidden[j] ? float.NegativeInfinity : s[j];
        }
    }

    /// <summary>δb += δs for the positions seen of one head and query.</summary>
    public void AddBiasGradient(ReadOnlySpan<float> δs, int head, int t, int T)
    {
        if (Bias is { } b)
        {
            Span<float> δb = b.Slice(head * T + t, 1).Gradient[..δs.Length];
            TensorPrimitives.Add(δb, δs, δb);
        }
    }
}
