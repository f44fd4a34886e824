using Engine.Benchmarks.Measurements;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Benchmarks;

/// <summary>llama.cpp with nothing around it: the loop on the C API that everything else is compared with.</summary>
internal sealed unsafe class BareLlama : IBareModel
{
    private readonly ModelHandle _model;
    private readonly ContextHandle _context;

    public BareLlama(string path, int threads, int contextLength, int sequences = 1)
    {
        LlamaLibrary.Load(libraryPath: null, NullLogger.Instance);
        _model = Llama.llama_model_load_from_file(path, Llama.llama_model_default_params());
        if (_model.IsInvalid)
        {
            throw new ModelFileException($"llama.cpp cannot load {path}.");
        }
        llama_context_params parameters = Llama.llama_context_default_params();
        (parameters.n_ctx, parameters.n_seq_max) = ((uint)(contextLength * sequences), (uint)sequences);
        (parameters.n_threads, parameters.n_threads_batch) = (threads, threads);
        _context = Llama.llama_init_from_model(_model, parameters);
        // Without a pool every evaluation makes threads and ends them, which is the larger part of a small model's time.
        nint pool = ComputeThreads.Pool(threads);
        Llama.llama_attach_threadpool(_context, pool, pool);
    }

    /// <summary>How this build of llama.cpp describes itself: the instruction sets it uses.</summary>
    public static string SystemInfo => System.Runtime.InteropServices.Marshal.PtrToStringUTF8(Llama.llama_print_system_info())!;

    private static int V(ModelHandle model) => Llama.llama_vocab_n_tokens(Llama.llama_model_get_vocab(model));

    public int VocabularySize => V(_model);

    public void Clear() => Cut(0);

    /// <summary>Evaluates the tokens in the first sequence and gives the most probable next one.</summary>
    public int Decode(int[] tokens)
    {
        fixed (int* p = tokens)
        {
            Evaluate(new llama_batch { n_tokens = tokens.Length, token = p });
        }
        return MostProbable(-1);
    }

    public int[] Step(int[] tokens, int position)
    {
        int n = tokens.Length;
        int* positions = stackalloc int[n], counts = stackalloc int[n], ids = stackalloc int[n];
        int** sequences = stackalloc int*[n];
        sbyte* wanted = stackalloc sbyte[n];
        for (int i = 0; i < n; i++)
        {
            (positions[i], counts[i], ids[i], wanted[i]) = (position, 1, i, 1);
            sequences[i] = ids + i;
        }
        fixed (int* p = tokens)
        {
            Evaluate(new llama_batch { n_tokens = n, token = p, pos = positions, n_seq_id = counts, seq_id = sequences, logits = wanted });
        }
        return [.. Enumerable.Range(0, n).Select(MostProbable)];
    }

    public void Cut(int length)
    {
        nint memory = Llama.llama_get_memory(_context);
        if (length == 0)
        {
            Llama.llama_memory_clear(memory, true);
        }
        else
        {
            Llama.llama_memory_seq_rm(memory, -1, length, -1);
        }
    }

    public void Dispose()
    {
        _context.Dispose();
        _model.Dispose();
    }

    private void Evaluate(llama_batch batch)
    {
        if (Llama.llama_decode(_context, batch) != 0)
        {
            throw new NativeFailureException("llama_decode failed.");
        }
    }

    private int MostProbable(int row) =>
        System.Numerics.Tensors.TensorPrimitives.IndexOfMax(new ReadOnlySpan<float>(Llama.llama_get_logits_ith(_context, row), VocabularySize));
}
