namespace ReferenceModels.Ops;

/// <summary>Which two numbers of a head form a pair that is rotated.</summary>
internal enum RopePairs
{
    /// <summary>Neighbours (x₂ᵢ, x₂ᵢ₊₁), as in the paper and in LLaMA's files; ggml's type NORM.</summary>
    Neighbours,

    /// <summary>One from each half, (xᵢ, xᵢ₊ᵣ⸝₂), as in GPT-NeoX and transformers; ggml's type NEOX.</summary>
    Halves,
}

/// <summary>How the heads of a model are rotated.</summary>
/// <param name="Size">Numbers in a head.</param>
/// <param name="Rotated">How many of them, from the first on, are rotated; even.</param>
/// <param name="Pairs">Which numbers form a pair.</param>
internal readonly record struct RopeHeads(int Size, int Rotated, RopePairs Pairs);
