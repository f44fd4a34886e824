using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.Generation;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Taps;

/// <summary>Takes tensors out of a running graph by name (llama.cpp's <c>cb_eval</c>).</summary>
/// <param name="names">As <see cref="GraphNode"/> gives them, or <see cref="ScoreRequest.AllActivations"/>: then the views are handed out
/// as well (VIEW, RESHAPE, PERMUTE, TRANSPOSE), each under its own operation.</param>
/// <remarks>Shapes are llama.cpp's, except that scores over the cache cover only the real positions of its padded view.</remarks>
internal sealed unsafe class GraphTap(IReadOnlyList<string> names) : IDisposable
{
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);
    private readonly bool _all = names.Contains(ScoreRequest.AllActivations);
    private readonly Dictionary<(string? Part, string Name, string Operation), int> _seen = [];
    private readonly List<Activation> _taken = [];
    private GCHandle _self;
    private Exception? _error;
    private long? _available;
    private long _bytes;

    // llama.cpp's name of the embedding rows, even if it does not pool them and they already had a name.
    private const string Pooled = "result_embd_pooled";

    /// <summary>The name of the part that reads a source.</summary>
    public const string Encoder = "encoder";

    /// <summary>The part whose graph is running, <see cref="Encoder"/> or <c>decoder</c>, if there are two.</summary>
    public string? Part { get; set; }

    /// <summary>The number of positions in the cache after the graph has run.</summary>
    public long Positions { get; init; } = long.MaxValue;

    /// <summary>The name to give the embedding rows if they are not pooled; null to keep theirs.</summary>
    public string? RowsName { get; init; }

    /// <summary>The maximum size of the activations in bytes. By default, the memory available when the first one is taken.</summary>
    public long? Available
    {
        get => _available;
        init => _available = value;
    }

    /// <summary>The callback, as <c>llama_context_params.cb_eval</c>.</summary>
    public static delegate* unmanaged[Cdecl]<ggml_tensor*, byte, nint, byte> Callback => &OnTensor;

    /// <summary>What the callback gets as its user data.</summary>
    public nint Address => GCHandle.ToIntPtr(_self.IsAllocated ? _self : _self = GCHandle.Alloc(this));

    /// <summary>What was taken, in the order of the graph.</summary>
    /// <exception cref="InsufficientMemoryException">There is not enough memory for them.</exception>
    public IReadOnlyList<Activation> Finish() => _error switch
    {
        null => _taken,
        InsufficientMemoryException error => throw error,
        var error => throw new EngineException($"Reading activations from llama.cpp: {error.Message}", error),
    };

    /// <inheritdoc/>
    public void Dispose()
    {
        if (_self.IsAllocated)
        {
            _self.Free();
        }
    }

    /// <summary>Called for each node: first whether it is wanted, and if so again with its data.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnTensor(ggml_tensor* tensor, byte ask, nint data)
    {
        var tap = Unsafe.As<GraphTap>(GCHandle.FromIntPtr(data).Target!);
        try
        {
            if (ask != 0)
            {
                return tap._error is null && (tap._all || tap._names.Contains(tap.NameOf(new GraphNode(tensor)))) ? (byte)1 : (byte)0;
            }
            tap.Take(tensor, new GraphNode(tensor));
        }
        catch (Exception error)
        {
            tap._error ??= error; // no exception may leave a callback
        }
        return 1; // 0 with data would stop the computation, silently
    }

    private string NameOf(GraphNode node) => node.Name is var name && name == Pooled ? RowsName ?? name : name;

    private void Take(ggml_tensor* tensor, GraphNode node)
    {
        (string name, string operation) = (NameOf(node), node.Operation);
        int occurrence = _seen.GetValueOrDefault((Part, name, operation));
        _seen[(Part, name, operation)] = occurrence + 1;
        if (!TensorValues.CanRead(tensor->type))
        {
            return;
        }
        long[] shape = [node.Columns(Positions, encodes: Part == Encoder), tensor->ne[1], tensor->ne[2], tensor->ne[3]];
        Reserve(shape.Aggregate(sizeof(float), (long bytes, long length) => bytes * length), name);
        int dimensions = shape[3] > 1 ? 4 : shape[2] > 1 ? 3 : 2;
        _taken.Add(new Activation(name, operation, occurrence, shape[..dimensions], TensorValues.Read(tensor, shape[0])) { Part = Part });
    }

    private void Reserve(long bytes, string name)
    {
        _available ??= AvailableMemory.Bytes();
        _bytes += bytes;
        if (_bytes > _available)
        {
            throw new InsufficientMemoryException(
                $"Taking activations, up to {name}: expected {_bytes >> 20} MiB of memory and more, there were {_available >> 20} MiB (container limits included). "
                + "Ask for fewer activations, or send fewer tokens.", _bytes, _available.Value);
        }
        if (bytes / sizeof(float) > Array.MaxLength)
        {
            throw new UnsupportedRequestException($"it expected at most {Array.MaxLength} numbers of {name}, found {bytes / sizeof(float)}; send fewer tokens.");
        }
    }
}
