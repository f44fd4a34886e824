using System.Runtime.InteropServices;
using Engine.LlamaCpp.Runtime;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>Checks that a library fills LLamaSharp's context parameters the way LLamaSharp reads them. Another release
/// returns a longer struct, which overwrites the stack.</summary>
internal static unsafe class ContextLayout
{
    // llama.cpp's defaults: first fields, last fields and both sides of every pointer.
    private const string Defaults = "n_ctx 512, n_batch 2048, n_ubatch 512, n_seq_max 1, n_threads 4, rope_scaling_type -1, flash_attn_type -1, type_k 1, type_v 1, bools 011110, n_samplers 0";

    /// <exception cref="NativeLibraryException">The library is of another release.</exception>
    public static void Check(string path)
    {
        string found;
        nint library = Open(path);
        try
        {
            found = NativeLibrary.TryGetExport(library, "llama_context_default_params", out nint function) ? Describe(function) : "a library without the function llama_context_default_params";
        }
        finally
        {
            NativeLibrary.Free(library);
        }
        if (found != Defaults)
        {
            throw new NativeLibraryException(
                $"Loading {path}: {LLamaSharpLibrary.Runner} runs the llama.cpp of its own packages: expected the defaults of llama_context_params to be {Defaults}, found {found}. "
                + "Leave LibraryPath empty, or name a build of the llama.cpp that this LLamaSharp is written for.");
        }
    }

    private static nint Open(string path)
    {
        try
        {
            return NativeLibrary.Load(path);
        }
        catch (Exception e) when (e is DllNotFoundException or BadImageFormatException)
        {
            throw new NativeLibraryException(
                $"Loading {path}: expected the llama.cpp of {LLamaSharpLibrary.Runner} for {NativeLibraryLocator.RuntimeIdentifier}, the system says: {LoaderFailure.Reason(e)}. Leave LibraryPath empty, or name the right file.", e);
        }
    }

    private static string Describe(nint function)
    {
        LLamaContextParams p = ((delegate* unmanaged[Cdecl]<OversizedReturn<LLamaContextParams>>)function)().Value;
        string bools = string.Concat(new[] { p.embeddings, p.offload_kqv, p.no_perf, p.op_offload, p.swa_full, p.kv_unified }.Select(flag => flag ? '1' : '0'));
        return $"n_ctx {p.n_ctx}, n_batch {p.n_batch}, n_ubatch {p.n_ubatch}, n_seq_max {p.n_seq_max}, n_threads {p.n_threads}, rope_scaling_type {p.rope_scaling_type:D}, "
            + $"flash_attn_type {p.llama_flash_attn_type:D}, type_k {p.type_k:D}, type_v {p.type_v:D}, bools {bools}, n_samplers {p.n_samplers}";
    }
}
