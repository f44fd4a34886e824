namespace ReferenceModels.Ops;

/// <summary>Activations of a pass, row-major (Rows, Columns): a row is a token. Under a tape it has a gradient of the same shape.</summary>
internal readonly struct Tensor
{
    private readonly float[] _values;
    private readonly float[]? _gradient;
    private readonly int _offset;

    /// <summary>A view into a buffer.</summary>
    public Tensor(float[] values, int offset, int rows, int columns, float[]? gradient = null)
    {
        (_values, _offset, _gradient, Rows, Columns) = (values, offset, gradient, rows, columns);
    }

    /// <summary>T.</summary>
    public int Rows { get; }

    /// <summary>Width of a row.</summary>
    public int Columns { get; }

    /// <summary>(Rows, Columns).</summary>
    public Span<float> Values => _values.AsSpan(_offset, Rows * Columns);

    /// <summary>(Rows, Columns), ∂loss/∂values as accumulated so far; only under a tape.</summary>
    public Span<float> Gradient => _gradient is null
        ? throw new InvalidOperationException("Reading a gradient: this tensor was made without a tape.")
        : _gradient.AsSpan(_offset, Rows * Columns);

    /// <summary>The same values for use in a lambda, which cannot capture a span.</summary>
    public Memory<float> Memory => _values.AsMemory(_offset, Rows * Columns);

    /// <summary>One row, (Columns).</summary>
    public Span<float> Row(int row) => Values.Slice(row * Columns, Columns);

    /// <summary>The same numbers in rows of another width, such as a head's, sharing values and gradient.</summary>
    public Tensor Reshape(int columns) => new(_values, _offset, Rows * Columns / columns, columns, _gradient);

    /// <summary>Some rows, sharing values and gradient.</summary>
    public Tensor Slice(int firstRow, int rows) => new(_values, _offset + firstRow * Columns, rows, Columns, _gradient);
}
