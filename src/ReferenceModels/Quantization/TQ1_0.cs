using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// TQ1_0, 256 elements in 54 bytes: x = d·(q − 1) with ternary digits q. A byte b holds five of them as the fraction b/256:
/// a digit is the whole part of 3·b/256, and the remainder, 3·b mod 256, holds the next.
/// <code>
///   0  uint8  qs[48]  32 bytes for elements 0–159, 16 bytes for 160–239: the first digits of all bytes, then the second ones, …
///  48  uint8  qh[4]   four digits each, for elements 240–255 in the same order
///  52  half   d
/// </code>
/// </summary>
internal readonly struct TQ1_0 : IScaledBlock
{
    public static int Elements => 256;

    public static int Bytes => 54;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_K;

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)(block + 52);
        y = Digits(block, 32, 5, d, y);
        y = Digits(block + 32, 16, 5, d, y);
        _ = Digits(block + 48, 4, 4, d, y);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        Vector256.Create(halves[*(ushort*)(block + 52)]).Store(scales);
        var first = Vector256.Load(block);
        var second = Vector128.Load(block + 32);
        var third = Vector128.Create(*(uint*)(block + 48)).AsByte();
        for (var digit = 0; digit < 5; digit++)
        {
            Ternary(first).Store(scratch + 32 * digit);
            Ternary(second).Store(scratch + 160 + 16 * digit);
            first += first + first;
            second += second + second;
        }
        for (var digit = 0; digit < 4; digit++)
        {
            *(uint*)(scratch + 240 + 4 * digit) = Ternary(third).AsUInt32().ToScalar();
            third += third + third;
        }
        return scratch;
    }

    // 3·b ≥ 256 from 86 on, ≥ 512 from 171 on; a true comparison is −1.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<sbyte> Ternary(Vector256<byte> b) => Vector256.Create((sbyte)-1)
        - Vector256.GreaterThan(b, Vector256.Create((byte)85)).AsSByte() - Vector256.GreaterThan(b, Vector256.Create((byte)170)).AsSByte();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector128<sbyte> Ternary(Vector128<byte> b) => Vector128.Create((sbyte)-1)
        - Vector128.GreaterThan(b, Vector128.Create((byte)85)).AsSByte() - Vector128.GreaterThan(b, Vector128.Create((byte)170)).AsSByte();

    private static unsafe float* Digits(byte* bytes, int count, int digits, float d, float* y)
    {
        for (int digit = 0, power = 1; digit < digits; digit++, power *= 3)
        {
            for (var i = 0; i < count; i++)
            {
                *y++ = ((byte)(bytes[i] * power) * 3 / 256 - 1) * d;
            }
        }
        return y;
    }
}
