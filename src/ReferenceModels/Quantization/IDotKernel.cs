namespace ReferenceModels.Quantization;

/// <summary>An <see cref="IntegerKernel"/> that multiplies single tokens without a panel.</summary>
internal unsafe interface IDotKernel
{
    /// <summary>The products of eight rows with one token.</summary>
    /// <param name="w">The first row.</param>
    /// <param name="stride">Bytes from row to row.</param>
    /// <param name="rows">Rows present, as in <see cref="IntegerKernel.Pack"/>.</param>
    /// <param name="n">All columns.</param>
    /// <param name="x">The token.</param>
    /// <param name="y">(rows).</param>
    void Dot(byte* w, long stride, int rows, int n, in IntegerTokens x, float* y);
}
