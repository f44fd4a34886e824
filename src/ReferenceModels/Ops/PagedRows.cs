namespace ReferenceModels.Ops;

/// <summary>A piece of memory with rows of several tables.</summary>
/// <param name="floats">Number of floats.</param>
internal class Page(int floats)
{
    /// <summary>The values.</summary>
    public float[] Values { get; } = GC.AllocateUninitializedArray<float>(floats);
}

/// <summary>Rows (Rows, Columns) that attention reads, in one tensor or in pages with the same number of rows each.</summary>
internal readonly struct PagedRows
{
    private readonly IReadOnlyList<Page>? _pages;
    private readonly int _offset;
    private readonly Tensor _whole;

    /// <summary>Rows in pages, the last of which may be partly filled.</summary>
    /// <param name="pages">Enough pages for the rows.</param>
    /// <param name="offset">Offset in each page at which the table's rows begin.</param>
    /// <param name="pageRows">Rows per page: an even number, since attention takes keys two at a time.</param>
    /// <param name="rows">Rows in all.</param>
    /// <param name="columns">Width of a row.</param>
    public PagedRows(IReadOnlyList<Page> pages, int offset, int pageRows, int rows, int columns) =>
        (_pages, _offset, PageRows, Rows, Columns) = (pages, offset, pageRows, rows, columns);

    private PagedRows(Tensor whole) => (_whole, PageRows, Rows, Columns) = (whole, Math.Max(1, whole.Rows), whole.Rows, whole.Columns);

    /// <summary>Rows in all.</summary>
    public int Rows { get; }

    /// <summary>Width of a row.</summary>
    public int Columns { get; }

    /// <summary>Rows per page.</summary>
    public int PageRows { get; }

    /// <summary>Whether all rows lie in one page.</summary>
    public bool IsWhole => Rows <= PageRows;

    /// <summary>The rows of a page.</summary>
    public Tensor this[int page] => _pages is null ? _whole : new Tensor(_pages[page].Values, _offset, Math.Min(PageRows, Rows - page * PageRows), Columns);

    /// <summary>A tensor is one page.</summary>
    public static implicit operator PagedRows(Tensor whole) => new(whole);
}
