namespace ReferenceModels.Ops;

/// <summary>A matrix in memory: element (i, j) at Data[i·RowStride + j·ColumnStride]. With the strides exchanged it is the transpose.</summary>
/// <param name="Address">Of element (0, 0).</param>
/// <param name="RowStride">Floats from row to row.</param>
/// <param name="ColumnStride">Floats from column to column.</param>
internal readonly unsafe record struct Strided(nint Address, int RowStride, int ColumnStride)
{
    /// <summary>Rows one after another.</summary>
    public Strided(float* data, int rowStride) : this((nint)data, rowStride, 1)
    {
    }

    /// <summary>Element (0, 0).</summary>
    public float* Data => (float*)Address;

    /// <summary>The same memory with rows and columns exchanged.</summary>
    public Strided Transposed => new(Address, ColumnStride, RowStride);

    /// <summary>The part from element (i, j) on.</summary>
    public Strided From(int i, int j) => this with { Address = (nint)(Data + (long)i * RowStride + (long)j * ColumnStride) };
}
