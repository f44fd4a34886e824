using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Eight floats: AVX2 with FMA, NEON in pairs, or plain code where there is neither.</summary>
internal readonly unsafe struct Lanes256 : ILanes<Vector256<float>>
{
    public static int Count => 8;

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
        (Convert(Vector128.Create(bytes.AsUInt64().GetElement(1), 0).AsSByte()) * factor).Store(y + 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Load(Half* p)
    {
        // Sign, exponent and mantissa in the places of a float; 2^112 makes up for the two exponent biases, exactly and for
        // subnormals too. (.NET has no F16C instructions.)
        var bits = Vector256.BitwiseAnd(Vector256.ShiftLeft(Widen((short*)p), 13), Vector256.Create(unchecked((int)0x8FFFE000)));
        var value = Vector256.Multiply(bits.AsSingle(), Vector256.Create(BitConverter.Int32BitsToSingle((127 + 112) << 23)));
        // A half's largest exponent means infinity or not-a-number: it has become 2^16, and has to be a float's largest.
        var special = Vector256.GreaterThanOrEqual(Vector256.Abs(value), Vector256.Create(65536f));
        return Vector256.BitwiseOr(value, Vector256.BitwiseAnd(special, Vector256.Create(float.PositiveInfinity)));
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
