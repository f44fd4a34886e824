using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Ops;

public sealed unsafe class TranspositionTests
{
    [Theory, InlineData(1, 1), InlineData(8, 8), InlineData(24, 64), InlineData(7, 9), InlineData(19, 33), InlineData(0, 5)]
    public void Rows_become_columns_and_nothing_else_is_written(int rows, int columns)
    {
        int lda = columns + 3, ldb = rows + 2;
        float[] A = Numbers.Floats(rows * lda + 1, 1), B = new float[columns * ldb + 1];
        fixed (float* a = A, b = B)
        {
            Transposition.Copy(a, lda, b, ldb, rows, columns);
        }
        for (int c = 0; c < columns; c++)
        {
            for (int r = 0; r < ldb; r++)
            {
                Assert.Equal(r < rows ? A[r * lda + c] : 0, B[c * ldb + r]);
            }
        }
    }
}
