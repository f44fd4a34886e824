using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>
/// libllama v0.5.0: names and order are llama.h's, one file per section of it. A pointer that the callee owns, or that
/// lives as long as another object, is a plain <see cref="nint"/>; what must be freed is a SafeHandle.
/// </summary>
/// <remarks>Nothing here checks its arguments, although llama.cpp ends the process over many invalid ones. The other types of LlamaCpp do.</remarks>
internal static unsafe partial class Llama
{
    /// <summary>Resolved to <c>libllama</c> of llama.cpp's version.</summary>
    internal const string Library = "llama";

    // Versions, defaults, start

    /// <summary><c>const char *</c>, static.</summary>
    [LibraryImport(Library)]
    internal static partial nint llama_version();

    [LibraryImport(Library)]
    internal static partial llama_model_params llama_model_default_params();

    [LibraryImport(Library)]
    internal static partial llama_context_params llama_context_default_params();

    [LibraryImport(Library)]
    internal static partial llama_model_quantize_params llama_model_quantize_default_params();

    [LibraryImport(Library)]
    internal static partial void llama_backend_init();

    [LibraryImport(Library)]
    internal static partial nuint llama_max_devices();

    /// <summary><c>const char *</c>, static: the instruction sets in use.</summary>
    [LibraryImport(Library)]
    internal static partial nint llama_print_system_info();

    /// <summary>(level, text, user data), called on whatever thread logs; the text may be part of a line. ggml's log comes here too.</summary>
    [LibraryImport(Library)]
    internal static partial void llama_log_set(delegate* unmanaged[Cdecl]<ggml_log_level, byte*, nint, void> log_callback, nint user_data);
}
