using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>Copies of a sequence's state. Sequence ids beyond those of the context are accepted and corrupt memory.</summary>
internal static unsafe partial class Llama
{
    /// <summary>Bytes a copy takes; 0 if there is none.</summary>
    [LibraryImport(Library)]
    internal static partial nuint llama_state_seq_get_size(ContextHandle ctx, int seq_id);

    /// <summary>Bytes written; 0 if they do not fit.</summary>
    [LibraryImport(Library)]
    internal static partial nuint llama_state_seq_get_data(ContextHandle ctx, byte* dst, nuint size, int seq_id);

    /// <summary>Bytes read; 0 if it fails, in which case the sequence is empty. The size that the copy states is trusted.</summary>
    [LibraryImport(Library)]
    internal static partial nuint llama_state_seq_set_data(ContextHandle ctx, byte* src, nuint size, int dest_seq_id);
}
