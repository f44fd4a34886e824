using System.Runtime.InteropServices;
using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tests.Quantization;

/// <summary>
/// One build of ggml's CPU backend, of which the native library has several, computing graphs of a single operation.
/// Names and argument lists are those of ggml.h, ggml-alloc.h and ggml-backend.h.
/// </summary>
internal sealed unsafe class GgmlCpu
{
    private const int F32 = (int)GgmlType.F32;

    private static readonly string Folder = Path.Combine(
        AppContext.BaseDirectory, "runtimes", RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? "linux-arm64" : "linux-x64", "native");

    private static readonly nint Base = NativeLibrary.Load(Path.Combine(Folder, "libggml-base.so"));

    private readonly nint _library;
    private readonly nint _backend;
    private readonly nint _plain;
    private readonly nint _repacked;

    private GgmlCpu(string name, nint library)
    {
        (Name, _library) = (name, library);
        _backend = ((delegate* unmanaged[Cdecl]<nint>)NativeLibrary.GetExport(library, "ggml_backend_cpu_init"))();
        ((delegate* unmanaged[Cdecl]<nint, int, void>)NativeLibrary.GetExport(library, "ggml_backend_cpu_set_n_threads"))(_backend, 1);
        _plain = ((delegate* unmanaged[Cdecl]<nint, nint>)Export("ggml_backend_get_default_buffer_type"))(_backend);
        var device = ((delegate* unmanaged[Cdecl]<nint, nint>)Export("ggml_backend_get_device"))(_backend);
        var registry = ((delegate* unmanaged[Cdecl]<nint, nint>)Export("ggml_backend_dev_backend_reg"))(device);
        fixed (byte* extra = "ggml_backend_dev_get_extra_bufts\0"u8)
        {
            var types = ((delegate* unmanaged[Cdecl]<nint, byte*, delegate* unmanaged[Cdecl]<nint, nint*>>)Export("ggml_backend_reg_get_proc_address"))(registry, extra);
            for (var type = types(device); *type != 0; type++)
            {
                var text = Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint, nint>)Export("ggml_backend_buft_name"))(*type));
                _repacked = text == "CPU_REPACK" ? *type : _repacked;
            }
        }
    }

    /// <summary>The builds that this processor can run, the best one first; loaded once.</summary>
    public static IReadOnlyList<GgmlCpu> Builds { get; } = [.. Directory.GetFiles(Folder, "libggml-cpu-*.so").Order()
        .Select(file => (Name: Path.GetFileNameWithoutExtension(file)["libggml-cpu-".Length..], Library: NativeLibrary.Load(file)))
        .Select(build => (build.Name, build.Library, Score: ((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(build.Library, "ggml_backend_score"))()))
        .Where(build => build.Score > 0)
        .OrderByDescending(build => build.Score)
        .Select(build => new GgmlCpu(build.Name, build.Library))];

    /// <summary>Such as <c>haswell</c>.</summary>
    public string Name { get; }

    /// <summary>What this build computes in its own way.</summary>
    public GgmlBuild Build => GgmlBuild.Parse($"CPU : {Feature("AVX")} | {Feature("FMA")} | {Feature("NEON")} | ");

    /// <summary>y (T, out) = x (T, in) Wᵀ by GGML_OP_MUL_MAT; with the weight in the interleaved order that llama.cpp serves from, or null if
    /// this build has no such order for it.</summary>
    public float[]? Multiply(GgmlType type, byte[] W, int d_in, int d_out, float[] x, bool repacked)
    {
        var T = x.Length / d_in;
        var weights = Context();
        var activations = Context();
        var w = Matrix(weights, (int)type, d_in, d_out);
        var input = Matrix(activations, F32, d_in, T);
        var output = ((delegate* unmanaged[Cdecl]<nint, nint, nint, nint>)Export("ggml_mul_mat"))(activations, w, input);
        var held = Allocate(weights, repacked ? _repacked : _plain);
        // The repacking buffer marks what it can hold in the tensor's extra, the last field but padding of struct ggml_tensor.
        if (repacked && ((nint*)w)[320 / sizeof(nint)] == 0)
        {
            Free(held, weights, 0, activations);
            return null;
        }

        Set(w, W);
        var y = Run(activations, input, x, output, T * d_out, out var buffer);
        Free(held, weights, buffer, activations);
        return y;
    }

    /// <summary>GELU by GGML_OP_UNARY.</summary>
    public float[] Gelu(float[] x)
    {
        var context = Context();
        var input = Matrix(context, F32, x.Length, 1);
        var output = ((delegate* unmanaged[Cdecl]<nint, nint, nint>)Export("ggml_gelu"))(context, input);
        var y = Run(context, input, x, output, x.Length, out var buffer);
        Free(buffer, context, 0, 0);
        return y;
    }

    /// <summary>Activations as this build converts them for its products: <c>quantize_row_q8_0</c>, <c>ggml_cpu_fp32_to_fp16</c>, …</summary>
    public byte[] Round(string function, float[] x, int bytes)
    {
        var y = new byte[bytes];
        fixed (float* px = x)
        fixed (byte* py = y)
        {
            ((delegate* unmanaged[Cdecl]<float*, void*, long, void>)NativeLibrary.GetExport(_library, function))(px, py, x.Length);
        }

        return y;
    }

    public override string ToString() => Name;

    private string Feature(string name) => $"{name} = {((delegate* unmanaged[Cdecl]<int>)NativeLibrary.GetExport(_library, "ggml_cpu_has_" + name.ToLowerInvariant()))()}";

    private float[] Run(nint context, nint input, float[] x, nint output, int n, out nint buffer)
    {
        buffer = Allocate(context, _plain);
        Set(input, MemoryMarshal.AsBytes<float>(x));
        var graph = ((delegate* unmanaged[Cdecl]<nint, nint>)Export("ggml_new_graph"))(context);
        ((delegate* unmanaged[Cdecl]<nint, nint, void>)Export("ggml_build_forward_expand"))(graph, output);
        var status = ((delegate* unmanaged[Cdecl]<nint, nint, int>)Export("ggml_backend_graph_compute"))(_backend, graph);
        Assert.Equal(0, status);
        var y = new float[n];
        fixed (float* p = y)
        {
            ((delegate* unmanaged[Cdecl]<nint, void*, nuint, nuint, void>)Export("ggml_backend_tensor_get"))(output, p, 0, (nuint)n * sizeof(float));
        }

        return y;
    }

    private static nint Context() =>
        ((delegate* unmanaged[Cdecl]<InitParams, nint>)Export("ggml_init"))(new InitParams { mem_size = 1 << 20, no_alloc = 1 });

    private static nint Matrix(nint context, int type, int columns, int rows) =>
        ((delegate* unmanaged[Cdecl]<nint, int, long, long, nint>)Export("ggml_new_tensor_2d"))(context, type, columns, rows);

    private static nint Allocate(nint context, nint bufferType) =>
        ((delegate* unmanaged[Cdecl]<nint, nint, nint>)Export("ggml_backend_alloc_ctx_tensors_from_buft"))(context, bufferType);

    private static void Set(nint tensor, ReadOnlySpan<byte> data)
    {
        fixed (byte* p = data)
        {
            ((delegate* unmanaged[Cdecl]<nint, void*, nuint, nuint, void>)Export("ggml_backend_tensor_set"))(tensor, p, 0, (nuint)data.Length);
        }
    }

    private static void Free(nint buffer, nint context, nint otherBuffer, nint otherContext)
    {
        foreach (var b in new[] { buffer, otherBuffer })
        {
            ((delegate* unmanaged[Cdecl]<nint, void>)Export("ggml_backend_buffer_free"))(b);
        }

        foreach (var c in new[] { context, otherContext })
        {
            ((delegate* unmanaged[Cdecl]<nint, void>)Export("ggml_free"))(c);
        }
    }

    private static nint Export(string name) => NativeLibrary.GetExport(Base, name);

    // struct ggml_init_params of ggml.h.
    [StructLayout(LayoutKind.Sequential)]
    private struct InitParams
    {
        public nuint mem_size;
        public nint mem_buffer;
        public byte no_alloc;
    }
}
