using System.Runtime.InteropServices;
using Engine.Gguf;

namespace ReferenceModels.Tests.Quantization;

/// <summary>ggml's own conversions, from the library that the build places next to the tests.</summary>
internal static unsafe class GgmlJudge
{
    private static readonly nint Library = NativeLibrary.Load(Path.Combine(
        AppContext.BaseDirectory, "runtimes", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64", "native", "libggml-base.so"));

    private static readonly delegate* unmanaged[Cdecl]<int, TypeTraits*> Traits =
        (delegate* unmanaged[Cdecl]<int, TypeTraits*>)NativeLibrary.GetExport(Library, "ggml_get_type_traits");

    public static (long Elements, long Bytes) Block(GgmlType type) => (Traits((int)type)->blck_size, (long)Traits((int)type)->type_size);

    /// <summary>n elements as ggml's to_float gives them.</summary>
    public static float[] Dequantize(GgmlType type, byte[] blocks, int n)
    {
        var y = new float[n];
        fixed (byte* pBlocks = blocks)
        fixed (float* pY = y)
        {
            // F32 has no conversion function: it is read as it is.
            if (type == GgmlType.F32)
            {
                Buffer.MemoryCopy(pBlocks, pY, 4L * n, 4L * n);
            }
            else
            {
                Traits((int)type)->to_float(pBlocks, pY, n);
            }
        }
        return y;
    }

    /// <summary>Blocks of 256 elements or fewer, as ggml's quantizer makes them with all elements of the same weight.</summary>
    public static byte[] Quantize(GgmlType type, float[] x)
    {
        const int n = 256;
        var (elements, bytes) = Block(type);
        var blocks = new byte[x.Length / elements * bytes];
        var importance = Enumerable.Repeat(1f, n).ToArray();
        fixed (float* pX = x, pImportance = importance)
        fixed (byte* pBlocks = blocks)
        {
            var written = ((delegate* unmanaged[Cdecl]<int, float*, void*, long, long, long, float*, nuint>)NativeLibrary.GetExport(Library, "ggml_quantize_chunk"))(
                (int)type, pX, pBlocks, 0, x.Length / n, n, pImportance);
            Assert.Equal((nuint)blocks.Length, written);
        }
        return blocks;
    }

    // struct ggml_type_traits of ggml.h, up to what is read here.
    [StructLayout(LayoutKind.Sequential)]
    private struct TypeTraits
    {
        public nint type_name;
        public long blck_size;
        public long blck_size_interleave;
        public nuint type_size;
        public long is_quantized;
        public delegate* unmanaged[Cdecl]<void*, float*, long, void> to_float;
    }
}
