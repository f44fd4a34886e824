using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace ReferenceModels.Quantization;

/// <summary>Sixteen floats: AVX-512.</summary>
internal readonly unsafe struct Lanes512 : ILanes<Vector512<float>>
{
    public static int Count => 16;

    public static Vector512<float> Zero => Vector512<float>.Zero;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Broadcast(float value) => Vector512.Create(value);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(float* p) => Vector512.Load(p);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(sbyte* p) =>
        Vector512.ConvertToSingle(Avx512F.ConvertToVector512Int32(Vector128.Load(p)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Load(Half* p)
    {
        // Sign, exponent and mantissa in the places of a float; 2^112 makes up for the two exponent biases, exactly and for
        // subnormals too. (.NET has no F16C instructions.)
        var bits = Vector512.BitwiseAnd(Vector512.ShiftLeft(Widen((short*)p), 13), Vector512.Create(unchecked((int)0x8FFFE000)));
        var value = Vector512.Multiply(bits.AsSingle(), Vector512.Create(BitConverter.Int32BitsToSingle((127 + 112) << 23)));
        // A half's largest exponent means infinity or not-a-number: it has become 2^16, and has to be a float's largest.
        var special = Vector512.GreaterThanOrEqual(Vector512.Abs(value), Vector512.Create(65536f));
        return Vector512.BitwiseOr(value, Vector512.BitwiseAnd(special, Vector512.Create(float.PositiveInfinity)));
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
    private static Vector512<int> Widen(short* p) => Avx512F.ConvertToVector512Int32(Vector256.Load(p));
}
