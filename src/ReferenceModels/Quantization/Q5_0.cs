using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q5_0, 32 elements in 22 bytes: x = d·(q − 16).
/// <code>
///  0  half    d
///  2  uint32  qh       bit i: the fifth bit of element i
///  6  uint8   qs[16]   low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct Q5_0 : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 22;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        var qh = *(uint*)(block + 2);
        for (var i = 0; i < 32; i++)
        {
            var q = block[6 + i % 16] >> (i / 16 * 4) & 15 | (int)(qh >> i & 1) << 4;
            y[i] = (q - 16) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        *scales = halves[*(ushort*)block];
        // Where the fifth bit is missing, 16 is subtracted from the nibble: ones in the upper four bits.
        var missing = Vector256.AndNot(Vector256.Create((byte)0xF0), Bits.Spread(*(uint*)(block + 2)));
        var qs = Vector128.Load(block + 6);
        (Vector256.Create(qs & Vector128.Create((byte)15), qs >> 4) | missing).AsSByte().Store(scratch);
        return scratch;
    }
}
