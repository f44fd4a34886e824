using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// Q2_0, 64 elements in 18 bytes: x = d·(q − 1).
/// <code>
///  0  half   d
///  2  uint8  qs[16]   bits 2(i % 4) of byte i / 4
/// </code>
/// </summary>
internal readonly struct Q2_0 : IScaledBlock
{
    public static int Elements => 64;

    public static int Bytes => 18;

    public static int Group => 16;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 64; i++)
        {
            y[i] = ((block[2 + i / 4] >> (i % 4 * 2) & 3) - 1) * d;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        Vector128.Create(halves[*(ushort*)block]).Store(scales);
        for (var g = 0; g < 4; g++)
        {
            // Each byte is copied four times, and each copy keeps another of its fields, shifted down to bits 0–1.
            var bytes = Vector128.Shuffle(
                Vector128.Create(*(uint*)(block + 2 + 4 * g)).AsByte(), Vector128.Create((byte)0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3)).AsUInt32();
            var low = (bytes & Vector128.Create(0x00000003u))
                | ((bytes >> 2) & Vector128.Create(0x00000300u))
                | ((bytes >> 4) & Vector128.Create(0x00030000u))
                | ((bytes >> 6) & Vector128.Create(0x03000000u));
            (low.AsSByte() - Vector128<sbyte>.One).Store(scratch + 16 * g);
        }
        return scratch;
    }
}
