using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Contexts. A context may differ from what its parameters requested, so read it back.</summary>
internal static unsafe partial class Llama
{
    /// <summary>Invalid if the context cannot be made; the log says why. Call <see cref="ContextHandle.FromModel"/> instead.</summary>
    [LibraryImport(Library)]
    internal static partial ContextHandle llama_init_from_model(ModelHandle model, llama_context_params parameters);

    [LibraryImport(Library)]
    internal static partial void llama_free(nint ctx);

    /// <summary>Computes on threads of a <c>ggml_threadpool_t</c>, which no two contexts may use at once; 0 for threads made at every evaluation.</summary>
    [LibraryImport(Library)]
    internal static partial void llama_attach_threadpool(ContextHandle ctx, nint threadpool, nint threadpool_batch);

    /// <summary>A <c>llama_memory_t</c> that lives as long as the context; 0 if the architecture has none.</summary>
    [LibraryImport(Library)]
    internal static partial nint llama_get_memory(ContextHandle ctx);

    [LibraryImport(Library)]
    internal static partial llama_pooling_type llama_pooling_type(ContextHandle ctx);
}
