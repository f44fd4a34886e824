using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>The K/V cache. Sequence ids outside -1 … 255 end the process.</summary>
internal static unsafe partial class Llama
{
    [LibraryImport(Library)]
    internal static partial void llama_memory_clear(nint mem, [MarshalAs(UnmanagedType.U1)] bool data);

    /// <summary>Removes the positions [p0, p1); negative bounds are open.</summary>
    [LibraryImport(Library)]
    [return: MarshalAs(UnmanagedType.U1)]
    internal static partial bool llama_memory_seq_rm(nint mem, int seq_id, int p0, int p1);

    [LibraryImport(Library)]
    internal static partial void llama_memory_seq_cp(nint mem, int seq_id_src, int seq_id_dst, int p0, int p1);

    /// <summary>-1 where the sequence is empty.</summary>
    [LibraryImport(Library)]
    internal static partial int llama_memory_seq_pos_max(nint mem, int seq_id);
}
