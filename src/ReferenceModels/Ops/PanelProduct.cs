using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using ReferenceModels.Quantization;

namespace ReferenceModels.Ops;

/// <summary>C (M, N) += A (M, K) B (K, N) in F32, the product of the backward pass: neither operand needs the memory layout of a dot product.</summary>
/// <remarks>B is copied into panels of a few columns that stay in the first-level cache (Goto and van de Geijn 2008,
/// https://doi.org/10.1145/1356052.1356053); six or twelve rows of A are multiplied with a panel in registers. A panel is two registers wide, the last
/// one half as wide if that is enough. Each element of C is summed over K in order, so that neither threads nor tiles change a bit.
/// <see cref="LinearNaive"/> is the definition.</remarks>
internal static unsafe partial class PanelProduct
{
    /// <summary>The largest K that a panel holds: 256 × 32 floats are 32 KiB.</summary>
    public const int Depth = 256;

    private const int MostColumns = 32;

    // Rows for one index of the parallel loop: enough to be worth copying a panel.
    private const int RowsOfIndex = 384;

    private static int HalfColumns => Vector512.IsHardwareAccelerated ? Lanes512.Count : Lanes256.Count;

    private static int WholeColumns => 2 * HalfColumns;

    /// <summary>Whether a matrix with N columns has panels of 32, whose 32 KiB fill the first-level cache.</summary>
    public static bool IsWide(int N) => Vector512.IsHardwareAccelerated && N > HalfColumns;

    /// <summary>Columns in all panels of a matrix with N columns, the last padded.</summary>
    public static int PackedColumns(int N) => (N + HalfColumns - 1) / HalfColumns * HalfColumns;

    /// <summary>The whole product on all threads.</summary>
    public static void Multiply(Strided A, Strided B, float* C, int ldc, int M, int N, int K, bool add, Workers workers)
    {
        int columns = WholeColumns, panels = (N + columns - 1) / columns, chunks = workers.Threads == 1 ? 1 : (M + RowsOfIndex - 1) / RowsOfIndex;
        workers.For(panels * chunks, index =>
        {
            int m = index / panels * RowsOfIndex, n = index % panels * columns;
            MultiplyPanel(A.From(m, 0), B.From(0, n), C + (long)m * ldc + n, ldc, chunks == 1 ? M : Math.Min(RowsOfIndex, M - m), Math.Min(columns, N - n), K, add);
        });
    }

    /// <summary>The whole product on this thread.</summary>
    public static void Multiply(Strided A, Strided B, float* C, int ldc, int M, int N, int K, bool add)
    {
        for (int n = 0; n < N; n += WholeColumns)
        {
            MultiplyPanel(A, B.From(0, n), C + n, ldc, M, Math.Min(WholeColumns, N - n), K, add);
        }
    }

    /// <summary>Copies B (K, N) into consecutive panels, each (K, columns), the last padded with zeros.</summary>
    /// <param name="B">(K, N).</param>
    /// <param name="packed">Where to: room for K × <see cref="PackedColumns"/> floats.</param>
    public static void Pack(Strided B, Panels packed)
    {
        for (int n = 0; n < packed.N; n += WholeColumns)
        {
            int columns = Math.Min(WholeColumns, packed.N - n);
            PackPanel(B.From(0, n), packed.K, columns, PackedColumns(columns), packed.Data + (long)n * packed.K);
        }
    }

    /// <summary>C += A B with packed B.</summary>
    /// <param name="A">(M, K).</param>
    /// <param name="B">Panels with at least K rows and N columns.</param>
    /// <param name="C">(M, N), <paramref name="ldc"/> floats from row to row.</param>
    /// <param name="ldc">Floats from row to row of C.</param>
    /// <param name="M">Rows.</param>
    /// <param name="N">Columns.</param>
    /// <param name="K">Length of the sums.</param>
    /// <param name="add">False to overwrite C.</param>
    public static void Multiply(Strided A, Panels B, float* C, int ldc, int M, int N, int K, bool add)
    {
        for (int n = 0; n < N; n += WholeColumns)
        {
            MultiplyRows(A, B.Data + (long)n * B.K, PackedColumns(Math.Min(WholeColumns, B.N - n)), C + n, ldc, M, Math.Min(WholeColumns, N - n), K, add);
        }
    }

    [SkipLocalsInit]
    private static void MultiplyPanel(Strided A, Strided B, float* C, int ldc, int M, int columns, int K, bool add)
    {
        float* memory = stackalloc float[Depth * MostColumns + 16], panel = (float*)(((nint)memory + 63) & ~63);
        int packed = PackedColumns(columns);
        for (int k = 0; k < K; k += Depth)
        {
            int depth = Math.Min(Depth, K - k);
            PackPanel(B.From(k, 0), depth, columns, packed, panel);
            MultiplyRows(A.From(0, k), panel, packed, C, ldc, M, columns, depth, add || k > 0);
        }
        if (K == 0 && !add)
        {
            for (int m = 0; m < M; m++)
            {
                new Span<float>(C + (long)m * ldc, columns).Clear();
            }
        }
    }

    private static void PackPanel(Strided B, int K, int columns, int panelColumns, float* panel)
    {
        if (B.ColumnStride == 1 && columns == panelColumns)
        {
            for (float* row = B.Data, end = panel + (long)K * columns; panel < end; row += B.RowStride)
            {
                for (int n = 0; n < columns; n += Vector256<float>.Count, panel += Vector256<float>.Count)
                {
                    Vector256.Load(row + n).Store(panel);
                }
            }
            return;
        }
        if (B.ColumnStride == 1)
        {
            for (int k = 0; k < K; k++)
            {
                var row = new Span<float>(panel + (long)k * panelColumns, panelColumns);
                new ReadOnlySpan<float>(B.Data + (long)k * B.RowStride, columns).CopyTo(row);
                row[columns..].Clear();
            }
            return;
        }
        if (columns < panelColumns)
        {
            new Span<float>(panel, K * panelColumns).Clear();
        }
        if (B.RowStride == 1)
        {
            Transposition.Copy(B.Data, B.ColumnStride, panel, panelColumns, columns, K);
            return;
        }
        for (int k = 0; k < K; k++)
        {
            float* source = B.Data + (long)k * B.RowStride, target = panel + (long)k * panelColumns;
            for (int n = 0; n < columns; n++, source += B.ColumnStride)
            {
                target[n] = *source;
            }
        }
    }

    [SkipLocalsInit]
    private static void MultiplyRows(Strided A, float* panel, int panelColumns, float* C, int ldc, int M, int columns, int K, bool add)
    {
        float* edge = stackalloc float[MostRows * MostColumns];
        for (int m = 0; m < M;)
        {
            int tile = TileRows(panelColumns, M - m), rows = Math.Min(tile, M - m);
            float* c = C + (long)m * ldc;
            Strided a = A.From(m, 0);
            if (columns == panelColumns && rows == tile)
            {
                Tile(a, rows, panel, panelColumns, K, c, ldc, add);
            }
            else
            {
                Tile(a, rows, panel, panelColumns, K, edge, panelColumns, add: false);
                CopyEdge(edge, panelColumns, rows, columns, c, ldc, add);
            }
            m += rows;
        }
    }

    private static void CopyEdge(float* edge, int lde, int rows, int columns, float* C, int ldc, bool add)
    {
        for (int r = 0; r < rows; r++)
        {
            for (int n = 0; n < columns; n++)
            {
                C[(long)r * ldc + n] = edge[r * lde + n] + (add ? C[(long)r * ldc + n] : 0);
            }
        }
    }

    /// <summary>A matrix (K, N) as <see cref="Pack"/> writes it.</summary>
    public readonly struct Panels(float* data, int K, int N)
    {
        public float* Data { get; } = data;

        public int K { get; } = K;

        public int N { get; } = N;
    }
}
