namespace ReferenceModels.Weights;

/// <summary>A low-rank adapter of a weight W (out, in): W is used as if it were W + Scale·B·A (Hu et al. 2021,
/// https://arxiv.org/abs/2106.09685, equation 3). W stays as it is, in whatever format. Of an embedding E (V, d), whose rows are looked
/// up, the factors are turned: row t is used as if it were E[t] + Scale·B·A[t].</summary>
/// <param name="A">(r, in), of an embedding (V, r).</param>
/// <param name="B">(out, r), of an embedding (d, r).</param>
/// <param name="Scale">α/r, times what the user asks for.</param>
internal sealed record LowRank(Weight A, Weight B, float Scale);
