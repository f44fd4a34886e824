using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>What one caller's passes modify; owned by that caller.</summary>
/// <param name="pass">Threads and memory of activations.</param>
/// <param name="cache">Keys and values of the (target's) positions seen so far; without layers if the architecture keeps none.</param>
internal sealed class State(Pass pass, KeyValueCache cache)
{
    /// <summary>Threads and memory of activations.</summary>
    public Pass Pass { get; } = pass;

    /// <summary>Keys and values of the (target's) positions seen so far.</summary>
    public KeyValueCache Cache { get; } = cache;

    /// <summary>Keys and values of the source's positions, which an encoder–decoder's cross-attention reads; null before a source is encoded.</summary>
    public KeyValueCache? Source { get; set; }

    /// <summary>(S, d), the encoded source itself if a tap needs what is computed from it; otherwise null.</summary>
    public Tensor? SourceRows { get; set; }

    /// <summary>(S), true for hidden positions of the source, such as padding; null for none.</summary>
    public bool[]? SourceHidden { get; set; }

    /// <summary>Collects activations, or null.</summary>
    public ActivationTap? Tap { get; set; }

    /// <summary>Forgets source and target.</summary>
    public void Clear()
    {
        Cache.Clear();
        (Source, SourceRows, SourceHidden) = (null, null, null);
    }
}
