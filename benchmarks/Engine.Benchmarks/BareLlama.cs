using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Benchmarks;

/// <summary>llama.cpp with nothing around it: the loop on the C API that everything else is compared with.</summary>
internal sealed unsafe class BareLlama : IDisposable
{
    private readonly ModelHandle _model;
    private readonly ContextHandle _context;

    public BareLlama(string path, int threads, int contextLength)
    {
        LlamaLibrary.Load(libraryPath: null, NullLogger.Instance);
        _model = Llama.llama_model_load_from_file(path, Llama.llama_model_default_params());
        if (_model.IsInvalid)
        {
            throw new ModelFileException($"llama.cpp cannot load {path}.");
        }
        llama_context_params parameters = Llama.llama_context_default_params();
        parameters.n_ctx = (uint)contextLength;
        (parameters.n_threads, parameters.n_threads_batch) = (threads, threads);
        _context = Llama.llama_init_from_model(_model, parameters);
        // Without a pool every evaluation makes threads and ends them, which is the larger part of a small model's time.
        nint pool = ComputeThreads.Pool(threads);
        Llama.llama_attach_threadpool(_context, pool, pool);
    }

    public void Clear() => Llama.llama_memory_clear(Llama.llama_get_memory(_context), true);

    /// <summary>Evaluates the tokens and gives the most probable next one.</summary>
    public int Decode(int[] tokens)
    {
        fixed (int* p = tokens)
        {
            if (Llama.llama_decode(_context, new llama_batch { n_tokens = tokens.Length, token = p }) != 0)
            {
                throw new NativeFailureException("llama_decode failed.");
            }
        }
        var logits = new ReadOnlySpan<float>(Llama.llama_get_logits_ith(_context, -1), Llama.llama_vocab_n_tokens(Llama.llama_model_get_vocab(_model)));
        return System.Numerics.Tensors.TensorPrimitives.IndexOfMax(logits);
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }
}
