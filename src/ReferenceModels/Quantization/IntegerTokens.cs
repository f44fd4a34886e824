using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;
using Engine;

namespace ReferenceModels.Quantization;

/// <summary>Tokens in ggml's blocks of 8-bit integers, x = d·q, as the integer kernels read them.</summary>
internal readonly unsafe struct IntegerTokens
{
    /// <summary>q: (T, in), bytes or 16-bit integers.</summary>
    public byte* Data { get; init; }

    /// <summary>Bytes from token to token of <see cref="Data"/>.</summary>
    public long RowBytes { get; init; }

    /// <summary>d: (T, in / 32 or in / 256).</summary>
    public float* Scales { get; init; }

    /// <summary>Scales from token to token.</summary>
    public long LdScales { get; init; }

    /// <summary>Σ q over each group: (T, in / group).</summary>
    public short* Sums { get; init; }

    /// <summary>Sums from token to token.</summary>
    public long LdSums { get; init; }

    /// <summary>The same from another token and column on.</summary>
    /// <param name="kernel">Whose tokens these are.</param>
    /// <param name="t">Token.</param>
    /// <param name="c">Column, a multiple of <see cref="IntegerKernel.Depth"/>.</param>
    public IntegerTokens From(IntegerKernel kernel, int t, int c) => this with
    {
        Data = Data + t * RowBytes + c * kernel.ElementBytes,
        Scales = Scales + t * LdScales + c / kernel.ScaleElements,
        Sums = Sums + t * LdSums + c / kernel.Group,
    };

    /// <summary>Rounds a token.</summary>
    /// <param name="build">The build of ggml whose rounding is used.</param>
    /// <param name="kernel">Who will read it.</param>
    /// <param name="t">Which token to write.</param>
    /// <param name="x">(in).</param>
    public void Round(GgmlBuild build, IntegerKernel kernel, int t, ReadOnlySpan<float> x)
    {
        Span<float> floats = stackalloc float[IntegerKernel.Depth];
        Span<sbyte> bytes = stackalloc sbyte[IntegerKernel.Depth];
        for (int c = 0; c < x.Length; c += IntegerKernel.Depth)
        {
            IntegerTokens block = From(kernel, t, c);
            int n = Math.Min(IntegerKernel.Depth, x.Length - c);
            for (int i = 0; i < n; i += kernel.ScaleElements)
            {
                block.Scales[i / kernel.ScaleElements] = ActivationRounding.Integers(build, kernel.Activations, x.Slice(c + i, kernel.ScaleElements), floats[i..]);
            }
            fixed (float* f = floats)
            fixed (sbyte* q = bytes)
            {
                Narrow(f, n, q);
                SumGroups(q, n, kernel.Group, block.Sums);
                if (kernel.ElementBytes == 1)
                {
                    bytes[..n].CopyTo(new(block.Data, n));
                }
                else
                {
                    Widen(q, n, (short*)block.Data);
                }
            }
        }
    }

    // 32 at a time. NaN becomes some integer; its block's scale is NaN.
    private static void Narrow(float* x, int n, sbyte* q)
    {
        var order = Vector256.Create(0, 4, 1, 5, 2, 6, 3, 7);
        for (int i = 0; i < n; i += 32)
        {
            var first = Avx2.PackSignedSaturate(Avx.ConvertToVector256Int32(Vector256.Load(x + i)), Avx.ConvertToVector256Int32(Vector256.Load(x + i + 8)));
            var second = Avx2.PackSignedSaturate(Avx.ConvertToVector256Int32(Vector256.Load(x + i + 16)), Avx.ConvertToVector256Int32(Vector256.Load(x + i + 24)));
            // The packing works on halves of registers.
            Avx2.PermuteVar8x32(Avx2.PackSignedSaturate(first, second).AsInt32(), order).AsSByte().Store(q + i);
        }
    }

    private static void Widen(sbyte* q, int n, short* wide)
    {
        for (int i = 0; i < n; i += 16)
        {
            Avx2.ConvertToVector256Int16(q + i).Store(wide + i);
        }
    }

    private static void SumGroups(sbyte* q, int n, int group, short* sums)
    {
        for (int i = 0; i < n; i += 32)
        {
            var pairs = Avx2.MultiplyAddAdjacent(Vector256.Create((byte)1), Vector256.Load(q + i));
            var fours = Avx2.MultiplyAddAdjacent(pairs, Vector256.Create((short)1));
            int first = Vector128.Sum(fours.GetLower()), second = Vector128.Sum(fours.GetUpper());
            if (group == 32)
            {
                *sums++ = (short)(first + second);
            }
            else
            {
                *sums++ = (short)first;
                *sums++ = (short)second;
            }
        }
    }
}
