using Engine;

namespace ReferenceModels.Ops;

/// <summary>
/// What a forward pass runs on: its threads, the memory of its activations, and the tape if there is a backward pass.
/// Owned by one caller at a time.
/// </summary>
/// <remarks>
/// Without a tape, activations come from buffers that are reused (<see cref="Mark"/>, <see cref="Keep"/>), so that a pass leaves
/// no garbage. With a tape, every tensor keeps its memory until <see cref="Reset"/>, because the backward pass needs it.
/// </remarks>
internal sealed class Pass(Workers workers, Tape? tape = null)
{
    private const int SlabFloats = 1 << 20;   // 4 MiB

    private readonly List<float[]> _slabs = [];
    private readonly List<float[]> _gradients = [];   // under a tape, parallel to the slabs
    private int _slab;     // the slab in use
    private int _used;     // floats of it in use

    /// <summary>The threads.</summary>
    public Workers Workers { get; } = workers;

    /// <summary>Records the pass, or null for plain inference.</summary>
    public Tape? Tape { get; } = tape;

    /// <summary>How products with quantized and 16-bit weights are computed.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>How training drops elements; null for no dropout.</summary>
    public DropoutRule? Dropout { get; set; }

    /// <summary>Checked between ops.</summary>
    public CancellationToken Cancellation { get; set; }

    /// <summary>Where the next tensor will be placed.</summary>
    public (int Slab, int Used) Mark => (_slab, _used);

    /// <summary>Bytes held for activations.</summary>
    public long Bytes => _slabs.Concat(_gradients).Sum(slab => (long)slab.Length * sizeof(float));

    /// <summary>Memory for an op's output. Its values are undefined until the op has written them all.</summary>
    /// <exception cref="OperationCanceledException">The caller cancelled; no result of the pass can be used.</exception>
    public Tensor New(int rows, int columns)
    {
        Cancellation.ThrowIfCancellationRequested();
        int floats = checked(rows * columns);
        while (_slab < _slabs.Count && _used + floats > _slabs[_slab].Length)
        {
            (_slab, _used) = (_slab + 1, 0);
        }
        if (_slab == _slabs.Count)
        {
            _slabs.Add(GC.AllocateUninitializedArray<float>(Math.Max(SlabFloats, floats)));
            if (Tape is not null)
            {
                _gradients.Add(GC.AllocateUninitializedArray<float>(_slabs[_slab].Length));
            }
        }
        if (Tape is not null)
        {
            _gradients[_slab].AsSpan(_used, floats).Clear();
        }
        var tensor = new Tensor(_slabs[_slab], _used, rows, columns, Tape is null ? null : _gradients[_slab]);
        _used += floats + 15 & ~15;           // the next one starts on a new cache line
        return tensor;
    }

    /// <summary>Frees every tensor made since the mark except one, which is moved to the mark.</summary>
    public Tensor Keep((int Slab, int Used) mark, Tensor kept)
    {
        if (Tape is not null)
        {
            return kept;
        }
        Release(mark);
        Tensor moved = New(kept.Rows, kept.Columns);
        kept.Values.CopyTo(moved.Values);     // may overlap: CopyTo copies as if through a buffer
        return moved;
    }

    /// <summary>Frees every tensor, even under a tape, and forgets what the tape has recorded.</summary>
    public void Reset()
    {
        Tape?.Clear();
        (_slab, _used) = (0, 0);
    }

    /// <summary>Frees every tensor made since the mark; none under a tape.</summary>
    public void Release((int Slab, int Used) mark) => (_slab, _used) = Tape is null ? mark : (_slab, _used);
}
