using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// MXFP4 (OCP microscaling, E2M1 elements with an E8M0 scale), 32 elements in 17 bytes: x = 2^(e − 128)·v[q], v twice an E2M1 number.
/// <code>
///  0  uint8  e
///  1  uint8  qs[16]   low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct MXFP4 : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 17;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    /// <summary>v: twice 0, ½, 1, 1½, 2, 3, 4, 6 and the same with a sign; there is no −0.</summary>
    public static Vector128<sbyte> Values => Vector128.Create((sbyte)0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12);

    public static unsafe void Dequantize(byte* block, float* y)
    {
        for (var i = 0; i < 32; i++)
        {
            y[i] = Values[block[1 + i % 16] >> (i / 16 * 4) & 15] * MathF.ScaleB(1, *block - 128);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        // 2^−128 and 2^−127 are subnormal.
        *scales = BitConverter.Int32BitsToSingle(*block < 2 ? 0x00200000 << *block : (*block - 1) << 23);
        var qs = Vector128.Load(block + 1);
        Vector128.ShuffleNative(Values, (qs & Vector128.Create((byte)15)).AsSByte()).Store(scratch);
        Vector128.ShuffleNative(Values, (qs >> 4).AsSByte()).Store(scratch + 16);
        return scratch;
    }
}
