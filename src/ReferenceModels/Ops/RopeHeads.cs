namespace ReferenceModels.Ops;

/// <summary>Which two numbers of a head make a pair that turns.</summary>
internal enum RopePairs
{
    /// <summary>Neighbours (x₂ᵢ, x₂ᵢ₊₁), as in the paper and in LLaMA's files; ggml's type NORM.</summary>
    Neighbours,

    /// <summary>One of either half, (xᵢ, xᵢ₊ᵣ⸝₂), as in GPT-NeoX and transformers; ggml's type NEOX.</summary>
    Halves,
}

/// <summary>How the heads of a model turn.</summary>
/// <param name="Size">Numbers of a head.</param>
/// <param name="Rotated">How many of them, the first ones, turn; even.</param>
/// <param name="Pairs">Which make a pair.</param>
internal readonly record struct RopeHeads(int Size, int Rotated, RopePairs Pairs);
