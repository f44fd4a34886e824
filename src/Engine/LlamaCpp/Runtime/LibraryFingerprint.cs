using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>
/// Checks whether a library is the llama.cpp that Interop/ transcribes, by the versions it reports and by default
/// parameters, which would be at other places in a struct of another layout.
/// </summary>
/// <remarks>Checks through function pointers, before any import is bound, so that a refused library can be unloaded.</remarks>
internal static unsafe class LibraryFingerprint
{
    /// <summary>The release of llama.cpp.</summary>
    public const string Release = "v0.5.0";

    /// <summary>The result of <c>ggml_version()</c> in that release.</summary>
    public const string GgmlVersion = "0.25.1";

    /// <summary>Refuses a library this binding was not written for.</summary>
    /// <param name="path">Its file, for the message.</param>
    /// <param name="export">The address of (library, function), or 0 if there is none.</param>
    /// <returns>The result of <c>llama_version()</c>, such as <c>0.5.0-dev</c>.</returns>
    /// <exception cref="NativeLibraryException">It is another library; the message says what was expected and what was found.</exception>
    public static string Check(string path, Func<string, string, nint> export)
    {
        var version = Text(path, export(Llama.Library, nameof(Llama.llama_version)), "llama_version");
        Expect(path, "llama_version()", Release[1..], Core(version));
        Expect(path, "ggml_version()", GgmlVersion, Core(Text(path, export(Ggml.BaseLibrary, nameof(Ggml.ggml_version)), "ggml_version")));

        var model = ((delegate* unmanaged[Cdecl]<OversizedReturn<llama_model_params>>)Address(path, export(Llama.Library, nameof(Llama.llama_model_default_params)), "llama_model_default_params"))().Value;
        var context = ((delegate* unmanaged[Cdecl]<OversizedReturn<llama_context_params>>)Address(path, export(Llama.Library, nameof(Llama.llama_context_default_params)), "llama_context_default_params"))().Value;
        var quantize = ((delegate* unmanaged[Cdecl]<OversizedReturn<llama_model_quantize_params>>)Address(path, export(Llama.Library, nameof(Llama.llama_model_quantize_default_params)), "llama_model_quantize_default_params"))().Value;
        Expect(path, "the defaults of llama_model_params", ModelDefaults, Describe(model));
        Expect(path, "the defaults of llama_context_params", ContextDefaults, Describe(context));
        Expect(path, "the defaults of llama_model_quantize_params", QuantizeDefaults, Describe(quantize));
        return version;
    }

    // What v0.5.0's default functions return, first fields, last fields and both sides of every pointer.
    private const string ModelDefaults = "n_gpu_layers -1, split_mode 1, load_mode -1, lazy_mode 1, main_gpu 0, bools 001000";
    private const string ContextDefaults = "n_ctx 512, n_batch 2048, n_ubatch 512, n_seq_max 1, n_threads 4, flash_attn_type -1, yarn_beta_fast -1, type_k 1, type_v 1, bools 011110, n_samplers 0";
    private const string QuantizeDefaults = "ftype 7, output_tensor_type 43, token_embedding_type 43, bools 010000, max_buf_size 8589934592";

    private static string Describe(llama_model_params p) =>
        $"n_gpu_layers {p.n_gpu_layers}, split_mode {p.split_mode:D}, load_mode {p.load_mode:D}, lazy_mode {p.lazy_mode:D}, main_gpu {p.main_gpu}, "
        + $"bools {Bits(p.vocab_only, p.check_tensors, p.use_extra_bufts, p.no_host, p.no_alloc, p.load_mtp)}";

    private static string Describe(llama_context_params p) =>
        $"n_ctx {p.n_ctx}, n_batch {p.n_batch}, n_ubatch {p.n_ubatch}, n_seq_max {p.n_seq_max}, n_threads {p.n_threads}, "
        + FormattableString.Invariant($"flash_attn_type {p.flash_attn_type:D}, yarn_beta_fast {p.yarn_beta_fast}, type_k {p.type_k:D}, type_v {p.type_v:D}, ")
        + $"bools {Bits(p.embeddings, p.offload_kqv, p.no_perf, p.op_offload, p.swa_full, p.kv_unified)}, n_samplers {p.n_samplers}";

    private static string Describe(llama_model_quantize_params p) =>
        $"ftype {p.ftype:D}, output_tensor_type {p.output_tensor_type:D}, token_embedding_type {p.token_embedding_type:D}, "
        + $"bools {Bits(p.allow_requantize, p.quantize_output_tensor, p.only_copy, p.pure, p.keep_split, p.dry_run)}, max_buf_size {p.max_buf_size}";

    private static string Bits(params ReadOnlySpan<bool> values)
    {
        var text = "";
        foreach (var value in values)
        {
            text += value ? '1' : '0';
        }
        return text;
    }

    /// <summary>The version without the suffix that custom builds add.</summary>
    private static string Core(string version) => version.Split('-', '+')[0];

    private static string Text(string path, nint function, string name) =>
        Marshal.PtrToStringUTF8(((delegate* unmanaged[Cdecl]<nint>)Address(path, function, name))()) ?? "";

    private static nint Address(string path, nint function, string name) => function != 0 ? function : throw new NativeLibraryException(
        $"Loading {path}: expected llama.cpp {Release}, found a library without the function {name}. Name a llama.cpp {Release} with LibraryPath, or leave it empty.");

    private static void Expect(string path, string what, string expected, string found)
    {
        if (found != expected)
        {
            throw new NativeLibraryException(
                $"Loading {path}: this program is written for llama.cpp {Release}: expected {what} to be {expected}, found {found}. Name a llama.cpp {Release} with LibraryPath, or leave it empty.");
        }
    }
}
