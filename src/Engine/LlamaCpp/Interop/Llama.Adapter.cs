using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Low-rank adapters.</summary>
internal static unsafe partial class Llama
{
    /// <summary>A <c>llama_adapter_lora *</c> that the model frees; 0 if the file cannot be loaded, and the log says why. Before any
    /// context is made: its graph is as large as model and adapters need.</summary>
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint llama_adapter_lora_init(ModelHandle model, string path_lora);

    /// <summary>Replaces the adapters of a context.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_set_adapters_lora(ContextHandle ctx, nint* adapters, nuint n_adapters, float* scales);
}
