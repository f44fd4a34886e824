namespace ReferenceModels.Ops;

/// <summary>One of several attentions that are computed side by side.</summary>
/// <param name="Q">(T, H·d_k).</param>
/// <param name="K">(n, G·d_k).</param>
/// <param name="V">(n, G·d_k).</param>
/// <param name="Rule">Heads, scale, and what a query sees.</param>
internal readonly record struct AttentionPart(Tensor Q, PagedRows K, PagedRows V, AttentionRule Rule);
