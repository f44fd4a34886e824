using System.Runtime.CompilerServices;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q8_0, 32 elements in 34 bytes: x = d·q.
/// <code>
///  0  half  d
///  2  int8  q[32]
/// </code>
/// </summary>
internal readonly struct Q8_0 : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 34;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        var q = (sbyte*)(block + 2);
        for (var i = 0; i < 32; i++)
        {
            y[i] = q[i] * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        *scales = halves[*(ushort*)block];
        return (sbyte*)(block + 2);
    }
}
