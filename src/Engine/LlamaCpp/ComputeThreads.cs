using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>The threads on which the native models of a process compute, one model at a time: made once, where llama.cpp would otherwise make
/// and end threads at every evaluation.</summary>
internal static unsafe class ComputeThreads
{
    // How long a thread without work looks for some. Measured: at 50, ggml's default, the threads burn their cores for 190 ms after the last step;
    // at 5 that is 19 ms, which still spans the sampling between two steps.
    private const uint Poll = 5;

    private static readonly Lock Gate = new();
    private static nint _pool;

    /// <summary>The threads, as many as there are cores; a context computes on as many of them as it was made with.</summary>
    /// <returns>A <c>ggml_threadpool_t</c> that lives as long as the process; 0 where the CPU backend offers none.</returns>
    public static nint Pool()
    {
        lock (Gate)
        {
            return _pool != 0 ? _pool : _pool = Make();
        }
    }

    /// <summary>Leaves the threads to a computation that failed on them and never ends; the next one gets others.</summary>
    public static void Abandon()
    {
        lock (Gate)
        {
            _pool = 0;
        }
    }

    private static nint Make()
    {
        nint reg = Ggml.ggml_backend_reg_by_name("CPU");
        var make = (delegate* unmanaged[Cdecl]<ggml_threadpool_params*, nint>)(reg == 0 ? 0 : Ggml.ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_new"));
        if (make is null)
        {
            return 0;
        }
        Roomy<ggml_threadpool_params> parameters = default;
        Ggml.ggml_threadpool_params_init(&parameters.Value, Math.Min(Environment.ProcessorCount, Ggml.MostThreads));
        parameters.Value.poll = Poll;
        return make(&parameters.Value);
    }
}
