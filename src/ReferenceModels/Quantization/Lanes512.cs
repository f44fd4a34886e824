using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Sixteen floats: AVX-512.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    // A group is one or two registers: scaling the weights takes no more multiplications for one token than scaling the sum, and a third fewer for eight.
    public static bool ScalesWeights => true;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* p) => Vector512.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(sbyte* p) =>
        Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(p)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreNormal(Half* p, ref Vector512<float> largest)
    {
        // Doubling the bits of a half drops its sign; an exponent of zeros is then below 0x800, and one of ones is 0xF800 or more.
        var twice = Vector512.Load((ushort*)p);
        twice += twice;
        largest = Vector512.Max(largest.AsUInt16(), twice).AsSingle();
        return Vector512.GreaterThanOrEqualAll(twice, Vector512.Create((ushort)0x800));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadNormal(Half* p)
    {
        // Moves sign, exponent and mantissa to their places in a float and gives the exponent a float's bias (.NET has no F16C instructions).
        var bits = Widen((short*)p);
        return (((bits << 13) & Vector512.Create(unchecked((int)0x8FFFE000))) + Vector512.Create(112 << 23)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadFinite(Half* p)
    {
        // As in LoadNormal, without the sign. A subnormal half, whose exponent is 0, becomes v = 2^-15 (1 + m) instead of 2^-14 m = 2 v - 2^-14; for a
        // normal one, 2 v - 2^-14 is at least v. No step meets a subnormal float, since multiplying one takes about 200 cycles on Intel's processors.
        var bits = Widen((short*)p);
        var v = (((bits << 13) & Vector512.Create(0x0FFFE000)) + Vector512.Create(112 << 23)).AsSingle();
        v = Vector512.MinNative(v, Vector512.MultiplyAddEstimate(v, Vector512.Create(2f), Vector512.Create(-1f / 16384)));
        return v | (bits & Vector512.Create(int.MinValue)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> LoadUpperHalves(ushort* p) => Vector512.ShiftLeft(Widen((short*)p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector512<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Multiply(Vector512<float> a, Vector512<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Subtract(Vector512<float> a, Vector512<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> MultiplyAdd(Vector512<float> a, Vector512<float> b, Vector512<float> c) =>
        Vector512.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector512<float> v) => Lanes256.Sum(v.GetLower() + v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(Vector512<float> largest) => Vector512.LessThanAll(largest.AsUInt16(), Vector512.Create((ushort)0xF800));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Widen(short* p) => Avx512F.ConvertToVector512Int32(Vector256.Load(p));
}
