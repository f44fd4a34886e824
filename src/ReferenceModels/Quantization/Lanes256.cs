using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Eight floats: AVX2 with FMA, NEON in pairs, or plain code without either.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

    // A group is two or four registers: for one token, scaling the weights takes two or three multiplications more than scaling the sum.
    public static bool ScalesWeights => false;

    public static Vector256<float> Zero => Vector256<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Broadcast(float value) => Vector256.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(float* p) => Vector256.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(sbyte* p)
    {
        if (Avx2.IsSupported)
        {
            return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(p));
        }

        return Convert(Vector128.CreateScalarUnsafe(*(long*)p).AsSByte());
    }

    /// <summary>The first eight bytes as floats.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Convert(Vector128<sbyte> bytes)
    {
        if (Avx2.IsSupported)
        {
            return Vector256.ConvertToSingle(Avx2.ConvertToVector256Int32(bytes));
        }

        var (low, high) = Vector128.Widen(Vector128.WidenLower(bytes));
        return Vector256.ConvertToSingle(Vector256.Create(low, high));
    }

    /// <summary>Sixteen bytes times <paramref name="factor"/>: the scales of a block's groups.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void StoreScaled(Vector128<sbyte> bytes, float factor, float* y)
    {
        (Convert(bytes) * factor).Store(y);
        (Convert(Upper(bytes)) * factor).Store(y + 8);
    }

    /// <summary>Moves the last eight bytes to the front.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<sbyte> Upper(Vector128<sbyte> bytes) =>
        Sse2.IsSupported ? Sse2.ShiftRightLogical128BitLane(bytes, 8) : Vector128.Create(bytes.GetUpper(), bytes.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreNormal(Half* p, ref Vector256<float> largest)
    {
        // Doubling the bits of a half drops its sign; an exponent of zeros is then below 0x800, and one of ones is 0xF800 or more.
        Vector256<ushort> first = Vector256.Load((ushort*)p), second = Vector256.Load((ushort*)p + 16);
        (first, second) = (first + first, second + second);
        largest = Vector256.Max(largest.AsUInt16(), Vector256.Max(first, second)).AsSingle();
        return Vector256.SubtractSaturate(Vector256.Create((ushort)0x7FF), Vector256.Min(first, second)) == Vector256<ushort>.Zero;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadNormal(Half* p)
    {
        // Moves sign, exponent and mantissa to their places in a float and gives the exponent a float's bias (.NET has no F16C instructions).
        var bits = Widen((short*)p);
        return (((bits << 13) & Vector256.Create(unchecked((int)0x8FFFE000))) + Vector256.Create(112 << 23)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadFinite(Half* p)
    {
        // As in LoadNormal, without the sign. A subnormal half, whose exponent is 0, becomes v = 2^-15 (1 + m) instead of 2^-14 m = 2 v - 2^-14; for a
        // normal one, 2 v - 2^-14 is at least v. No step meets a subnormal float, since multiplying one takes about 200 cycles on Intel's processors.
        var bits = Widen((short*)p);
        var v = (((bits << 13) & Vector256.Create(0x0FFFE000)) + Vector256.Create(112 << 23)).AsSingle();
        v = Vector256.MinNative(v, Vector256.MultiplyAddEstimate(v, Vector256.Create(2f), Vector256.Create(-1f / 16384)));
        return v | (bits & Vector256.Create(int.MinValue)).AsSingle();
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> LoadUpperHalves(ushort* p) => Vector256.ShiftLeft(Widen((short*)p), 16).AsSingle();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Store(Vector256<float> v, float* p) => v.Store(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Multiply(Vector256<float> a, Vector256<float> b) => a * b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Subtract(Vector256<float> a, Vector256<float> b) => a - b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> MultiplyAdd(Vector256<float> a, Vector256<float> b, Vector256<float> c) =>
        Vector256.MultiplyAddEstimate(a, b, c);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Sum(Vector256<float> v) => Vector128.Sum(v.GetLower() + v.GetUpper());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static bool AreFinite(Vector256<float> largest) => Vector256.LessThanAll(largest.AsUInt16(), Vector256.Create((ushort)0xF800));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Widen(short* p)
    {
        if (Avx2.IsSupported)
        {
            return Avx2.ConvertToVector256Int32(p);
        }

        var (low, high) = Vector128.Widen(Vector128.Load(p));
        return Vector256.Create(low, high);
    }
}
