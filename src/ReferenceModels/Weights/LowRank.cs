namespace ReferenceModels.Weights;

/// <summary>A low-rank adapter of a weight W (out, in): W is used as if it were W + Scale·B·A (Hu et al. 2021,
/// https://arxiv.org/abs/2106.09685, equation 3). W is unchanged, whatever its format. For an embedding E (V, d), whose rows are looked
/// up, the factors are those of Eᵀ: row t is used as if it were E[t] + Scale·B·A[t].</summary>
/// <param name="A">(r, in); (V, r) for an embedding.</param>
/// <param name="B">(out, r); (d, r) for an embedding.</param>
/// <param name="Scale">α/r times the requested scale.</param>
internal sealed record LowRank(Weight A, Weight B, float Scale);
