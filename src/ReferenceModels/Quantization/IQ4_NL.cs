using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace ReferenceModels.Quantization;

/// <summary>
/// IQ4_NL, 32 elements in 18 bytes: x = d·v[q] with 16 values v that are denser around zero.
/// <code>
///  0  half   d
///  2  uint8  qs[16]   low nibbles: elements 0–15, high nibbles: elements 16–31
/// </code>
/// </summary>
internal readonly struct IQ4_NL : IScaledBlock
{
    public static int Elements => 32;

    public static int Bytes => 18;

    public static int Group => 32;

    public static bool HasMinima => false;

    public static ActivationFormat Activations => ActivationFormat.Q8_0;

    /// <summary>v, kvalues_iq4nl of ggml-common.h.</summary>
    public static Vector128<sbyte> Values => Vector128.Create((sbyte)-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113);

    public static unsafe void Dequantize(byte* block, float* y)
    {
        var d = (float)*(Half*)block;
        for (var i = 0; i < 32; i++)
        {
            y[i] = d * Values[block[2 + i % 16] >> (i / 16 * 4) & 15];
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static unsafe sbyte* Unpack(byte* block, float* halves, sbyte* scratch, float* scales, float* minima)
    {
        *scales = halves[*(ushort*)block];
        var qs = Vector128.Load(block + 2);
        Vector128.ShuffleNative(Values, (qs & Vector128.Create((byte)15)).AsSByte()).Store(scratch);
        Vector128.ShuffleNative(Values, (qs >> 4).AsSByte()).Store(scratch + 16);
        return scratch;
    }
}
