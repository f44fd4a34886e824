using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed unsafe class PanelProductTests
{
    public static TheoryData<int, int, int> Shapes { get; } = new()
    {
        // M, N, K
        { 1, 1, 1 },
        { 6, 32, 256 },
        { 7, 16, 3 },
        { 13, 48, 257 },
        { 26, 24, 300 },     // a last panel of eight columns with vectors of 256 bits
        { 400, 70, 40 },     // more rows than one index of the parallel loop takes
        { 5, 33, 600 },      // three panels deep
        { 4, 5, 0 },
    };

    [Theory, MemberData(nameof(Shapes))]
    public void Products_of_any_shape_and_layout_match_double_precision(int M, int N, int K)
    {
        float[] A = Numbers.Floats(M * K, 1), B = Numbers.Floats(K * N, 2), before = Numbers.Floats(M * N, 3);
        using var workers = new Workers(3);
        foreach ((bool turnedA, bool turnedB, bool add) in from a in Both from b in Both from c in Both select (a, b, c))
        {
            double[] expected = [.. before.Select(c => add ? (double)c : 0)];
            for (int i = 0; i < M * N * K; i++)
            {
                (int m, int n, int k) = (i / K / N, i / K % N, i % K);
                expected[m * N + n] += (double)A[turnedA ? k * M + m : m * K + k] * B[turnedB ? n * K + k : k * N + n];
            }
            float[] together = [.. before], alone = [.. before];
            fixed (float* a = A, b = B, c1 = together, c2 = alone)
            {
                Strided left = turnedA ? new Strided(a, M).Transposed : new Strided(a, K), right = turnedB ? new Strided(b, K).Transposed : new Strided(b, N);
                PanelProduct.Multiply(left, right, c1, N, M, N, K, add, workers);
                PanelProduct.Multiply(left, right, c2, N, M, N, K, add);
            }
            // K roundings of numbers up to 1, most of which cancel.
            Numbers.AssertClose(expected, together, 1e-5);
            Assert.Equal(alone, together);
        }
    }

    [Theory]
    [InlineData(50, 37)]
    [InlineData(50, 50)]
    [InlineData(70, 20)]
    [InlineData(40, 35)]     // part of a last panel that is half as wide
    public void A_product_with_packed_panels_may_take_fewer_columns_and_shorter_sums_than_were_packed(int N, int columns)
    {
        const int M = 9, K = 20, length = 11;
        float[] A = Numbers.Floats(M * K, 1), B = Numbers.Floats(K * N, 2), C = new float[M * columns], packed = new float[K * PanelProduct.PackedColumns(N)];
        fixed (float* a = A, b = B, c = C, p = packed)
        {
            var panels = new PanelProduct.Panels(p, K, N);
            PanelProduct.Pack(new Strided(b, N), panels);
            PanelProduct.Multiply(new Strided(a, K), panels, c, columns, M, columns, length, add: false);
        }
        var expected = new double[M * columns];
        for (int i = 0; i < M * columns * length; i++)
        {
            (int m, int n, int k) = (i / length / columns, i / length % columns, i % length);
            expected[m * columns + n] += (double)A[m * K + k] * B[k * N + n];
        }
        Numbers.AssertClose(expected, C, 1e-5);
    }

    private static bool[] Both => [false, true];
}
