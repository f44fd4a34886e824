using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q1_0, 128 elements in 18 bytes: x = d·q, q = ±1.
/// <code>
///  0  half   d
///  2  uint8  qs[16]   bit i % 8 of byte i / 8: 1 for +1, 0 for −1
/// </code>
/// </summary>
internal readonly struct Q1_0 : IScaledBlock
{
    public static int Elements => 128;

    public static int Bytes => 18;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 128; i++)
        {
            y[i] = (block[2 + i / 8] >> (i % 8) & 1) == 1 ? d : -d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        Vector128.Create(halves[*(ushort*)block]).Store(scales);
        for (var g = 0; g < 4; g++)
        {
            // A set bit is −1: −1 − 2·(−1) = 1.
            var set = Bits.Spread(*(uint*)(block + 2 + 4 * g)).AsSByte();
            (Vector256.Create((sbyte)-1) - set - set).Store(scratch + 32 * g);
        }
        return scratch;
    }
}
