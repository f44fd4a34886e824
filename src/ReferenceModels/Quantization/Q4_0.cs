using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q4_0, 32 elements in 18 bytes: x = d·(q − 8).
/// <code>
///  0  half   d
///  2  uint8  qs[16]   low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct Q4_0 : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        var qs = block + 2;
        for (var i = 0; i < 16; i++)
        {
            y[i] = ((qs[i] & 15) - 8) * d;
            y[i + 16] = ((qs[i] >> 4) - 8) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        *scales = halves[*(ushort*)block];
        var qs = Vector128.Load(block + 2);
        var eight = Vector128.Create((sbyte)8);
        ((qs & Vector128.Create((byte)15)).AsSByte() - eight).Store(scratch);
        ((qs >> 4).AsSByte() - eight).Store(scratch + 16);
        return scratch;
    }
}
