using System.Buffers;
using System.Runtime.CompilerServices;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

internal static unsafe partial class Linear
{
    // Rows of W that are converted to floats at a time, PanelProduct.Depth columns of each: 24 KiB, which stay in the first-level
    // cache between being written and being read. A multiple of the product's rows.
    private const int TileRows = 24;

    // The same for wide panels, whose 32 KiB need that cache for themselves: these rows are read from the second-level cache once per
    // panel, and their results fill whole cache lines. A small weight is cut finer, so that all threads have work.
    private const int WideTileRows = 48;
    private const int TilesPerThread = 8;

    // Floats from row to row of a tile: a little more than a row's length, so that not all rows map to the same sets of the first-level cache.
    private const int TileStride = PanelProduct.Depth + 16;

    // Tokens that are multiplied at once: their sums with a tile's rows stay in the second-level cache; each tile reads all
    // panels again, so these must stay in the third.
    private const int MatrixTokens = 512;
    private const int PanelFloats = 1 << 20;

    // Writes n columns of some rows of a matrix, starting at a column, as floats, ldw floats from row to row.
    private delegate void TileReader(int first, int rows, int column, int n, float* tile, int ldw);

    // Many tokens: a tile of the weight is converted to floats once and used for all of them.
    private static void MultiplyMatrix(Weight W, float* x, float* y, int T, Workers workers)
    {
        int most = Math.Clamp(PanelFloats / W.Columns & ~31, 32, MatrixTokens);
        for (int t = 0; t < T; t += most)
        {
            MultiplyTiles(ReadTile, W.Columns, x + (long)t * W.Columns, y + (long)t * W.Rows, W.Rows, Math.Min(most, T - t), add: false, workers);
        }

        void ReadTile(int first, int rows, int column, int n, float* tile, int ldw) =>
            W.Format.Dequantize(W.Data + first * W.RowBytes + W.Format.RowBytes(column), W.RowBytes, rows, tile, ldw, n);
    }

    // y (T, out) = x (T, in) Wᵀ, or added to y, as yᵀ = W xᵀ with x in panels of tokens. An element of y is summed over the
    // columns in order, PanelProduct.Depth at a time, so its bits do not depend on the number of tokens or threads.
    private static void MultiplyTiles(TileReader W, int d_in, float* x, float* y, int d_out, int T, bool add, Workers workers)
    {
        float[] rented = ArrayPool<float>.Shared.Rent(d_in * PanelProduct.PackedColumns(T) + 16);
        fixed (float* memory = rented)
        {
            MultiplyPanels(W, d_in, x, (float*)(((nint)memory + 63) & ~63), y, d_out, T, add, workers);
        }
        ArrayPool<float>.Shared.Return(rented);
    }

    private static void MultiplyPanels(TileReader W, int d_in, float* x, float* panels, float* y, int d_out, int T, bool add, Workers workers)
    {
        workers.For((d_in + PanelProduct.Depth - 1) / PanelProduct.Depth, i =>
        {
            int c = i * PanelProduct.Depth;
            PanelProduct.Pack(new Strided(x + c, d_in).Transposed, Chunk(panels, c, d_in, T));
        });
        int rows = PanelProduct.IsWide(T) && d_out >= WideTileRows * TilesPerThread * workers.Threads ? WideTileRows : TileRows;
        workers.For((d_out + rows - 1) / rows, i =>
            MultiplyTile(W, i * rows, Math.Min(rows, d_out - i * rows), d_in, panels, y + i * rows, d_out, T, add));
    }

    // The panels of PanelProduct.Depth columns of x, starting at column c.
    private static PanelProduct.Panels Chunk(float* panels, int c, int d_in, int T) =>
        new(panels + (long)c * PanelProduct.PackedColumns(T), Math.Min(PanelProduct.Depth, d_in - c), T);

    [SkipLocalsInit]
    private static void MultiplyTile(TileReader W, int first, int rows, int d_in, float* panels, float* y, int d_out, int T, bool add)
    {
        int width = PanelProduct.PackedColumns(T);
        float* memory = stackalloc float[WideTileRows * (TileStride + width) + 16];
        float* tile = (float*)(((nint)memory + 63) & ~63), sums = tile + WideTileRows * TileStride;
        if (add)
        {
            Transposition.Copy(y, d_out, sums, width, T, rows);
        }

        for (int c = 0; c < d_in; c += PanelProduct.Depth)
        {
            PanelProduct.Panels chunk = Chunk(panels, c, d_in, T);
            W(first, rows, c, chunk.K, tile, TileStride);
            PanelProduct.Multiply(new Strided(tile, TileStride), chunk, sums, width, rows, width, chunk.K, add || c > 0);
        }

        Transposition.Copy(sums, width, y, d_out, rows, T);
    }
}
