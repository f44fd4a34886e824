using System.Runtime.InteropServices;

namespace Engine.LlamaCpp.Interop;

/// <summary>The threads of ggml's CPU backend (ggml.h, ggml-cpu.h). The backend is a plugin: its functions are requested by name.</summary>
internal static unsafe partial class Ggml
{
    /// <summary>GGML_MAX_N_THREADS.</summary>
    internal const int MaxThreads = 512;

    /// <summary>Sets defaults: no affinity, normal priority, poll 50, not paused.</summary>
    [LibraryImport(BaseLibrary)]
    internal static partial void ggml_threadpool_params_init(ggml_threadpool_params* p, int n_threads);

    /// <summary>A function of a backend by name; 0 if it has none.</summary>
    [LibraryImport(BaseLibrary, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint ggml_backend_reg_get_proc_address(nint reg, string name);
}

/// <summary><c>struct ggml_threadpool_params</c>.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct ggml_threadpool_params
{
    /// <summary>Cores to run on; all zero for any.</summary>
    public fixed byte cpumask[Ggml.MaxThreads];

    public int n_threads;

    public int prio;

    /// <summary>How long a thread without work looks for some before it sleeps, 0 … 100, in units of some milliseconds.</summary>
    public uint poll;

    public byte strict_cpu;

    public byte paused;
}
