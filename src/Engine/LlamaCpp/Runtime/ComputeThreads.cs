using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Runtime;

/// <summary>The threads on which the native models of a process compute, one model at a time. They are made once, whereas llama.cpp would
/// create and end threads at every evaluation.</summary>
internal static unsafe class ComputeThreads
{
    // How long an idle thread spins before it sleeps. At 50, ggml's default, the threads keep their cores busy for 190 ms after the last
    // step; at 5 for 19 ms, which still covers the sampling between two steps.
    private const uint Poll = 5;

    private static readonly Lock Gate = new();
    private static nint _one;
    private static nint _all;

    /// <summary>A <c>ggml_threadpool_t</c> for computations with a number of threads; 0 if the CPU backend offers none.</summary>
    /// <remarks>All computations with more than one thread share a pool with as many threads as there are cores, because the spinning threads of two pools would
    /// compete for the cores. A pool of one has no threads beside the caller's.</remarks>
    public static nint Pool(int threads)
    {
        lock (Gate)
        {
            return threads == 1
                ? _one != 0 ? _one : _one = Make(1)
                : _all != 0 ? _all : _all = Make(Math.Min(Environment.ProcessorCount, Ggml.MaxThreads));
        }
    }

    /// <summary>Gives up the threads: a computation on them will never end.</summary>
    public static void Abandon()
    {
        lock (Gate)
        {
            (_one, _all) = (0, 0);
        }
    }

    private static nint Make(int threads)
    {
        nint reg = Ggml.ggml_backend_reg_by_name("CPU");
        var make = (delegate* unmanaged[Cdecl]<ggml_threadpool_params*, nint>)(reg == 0 ? 0 : Ggml.ggml_backend_reg_get_proc_address(reg, "ggml_threadpool_new"));
        if (make is null)
        {
            return 0;
        }
        OversizedReturn<ggml_threadpool_params> parameters = default;
        Ggml.ggml_threadpool_params_init(&parameters.Value, threads);
        parameters.Value.poll = Poll;
        return make(&parameters.Value);
    }
}
