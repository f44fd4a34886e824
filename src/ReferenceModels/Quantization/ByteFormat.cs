using Engine.Gguf;

namespace ReferenceModels.Quantization;

/// <summary>Rows of blocks whose integers and scales suit products of bytes.</summary>
internal class ByteFormat<TBlock>(GgmlType type) : ScaledFormat<TBlock>(type)
    where TBlock : struct, IByteBlock
{
    public override IntegerKernel? Integers => ByteKernel<TBlock>.Instance;
}
