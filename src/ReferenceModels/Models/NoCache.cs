using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>The cache of an input that is evaluated whole in one pass: its keys and values are not needed afterwards.</summary>
internal sealed class NoCache : ISequenceCache
{
    private NoCache() { }

    /// <summary>The only instance; it holds nothing.</summary>
    public static NoCache Instance { get; } = new();

    /// <inheritdoc/>
    public int Length => 0;

    /// <inheritdoc/>
    public (PagedRows K, PagedRows V) Append(Pass pass, int layer, Tensor K, Tensor V) => (K, V);

    /// <inheritdoc/>
    public void Advance(int positions) { }
}
