using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>What passes of one caller change; owned by that caller.</summary>
/// <param name="pass">Threads and memory of activations.</param>
/// <param name="cache">Keys and values of the (target's) positions seen so far; of no layers where an architecture keeps none.</param>
internal sealed class State(Pass pass, KeyValueCache cache)
{
    /// <summary>Threads and memory of activations.</summary>
    public Pass Pass { get; } = pass;

    /// <summary>Keys and values of the (target's) positions seen so far.</summary>
    public KeyValueCache Cache { get; } = cache;

    /// <summary>Keys and values that an encoder–decoder's cross-attention reads, of the source's positions; null before a source is encoded.</summary>
    public KeyValueCache? Source { get; set; }

    /// <summary>(S, d), the encoded source itself, where somebody looks at what becomes of it; null elsewhere.</summary>
    public Tensor? SourceRows { get; set; }

    /// <summary>(S), true for positions of the source that nobody sees, such as padding; null if all count.</summary>
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
