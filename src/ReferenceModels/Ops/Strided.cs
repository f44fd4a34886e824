namespace ReferenceModels.Ops;

/// <summary>A matrix in memory: element (i, j) at Data[i·RowStride + j·ColumnStride]. Swapping the strides transposes it.</summary>
/// <param name="Address">Address of element (0, 0).</param>
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

    /// <summary>The same memory with rows and columns swapped.</summary>
    public Strided Transposed => new(Address, ColumnStride, RowStride);

    /// <summary>The part that starts at element (i, j).</summary>
    public Strided From(int i, int j) => this with { Address = (nint)(Data + (long)i * RowStride + (long)j * ColumnStride) };
}
