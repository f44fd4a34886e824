using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Taps;

namespace Engine.LlamaCpp.Direct;

/// <summary>The calls of a context through the imports in Interop.</summary>
internal sealed unsafe class DirectCalls : ILlamaCalls
{
    private readonly ContextHandle _handle;
    private readonly nint _memory; // 0 if the architecture has none
    private readonly llama_batch _batch;
    private readonly LlamaCppModel _model;
    private (nint Step, nint Batch) _pools;

    private DirectCalls(LlamaCppModel model, ContextHandle handle, int batch)
    {
        (_model, _handle) = (model, handle);
        _memory = Llama.llama_get_memory(handle);
        _batch = Llama.llama_batch_init(batch, embd: 0, n_seq_max: 1);
    }

    /// <summary>Makes a context.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <param name="abort">Leaves its computations.</param>
    /// <returns>Null if llama.cpp refuses; its log has the reason.</returns>
    public static DirectCalls? Open(LlamaCppModel model, ContextShape shape, AbortHook abort)
    {
        var handle = ContextHandle.FromModel(model.Handle, Parameters(model, shape, abort));
        if (handle.IsInvalid)
        {
            handle.Dispose();
            return null;
        }
        model.Adapters.Attach(handle);
        return new DirectCalls(model, handle, shape.Batch);
    }

    public int Decode(ReadOnlySpan<LlamaToken> tokens)
    {
        AttachThreads();
        return Llama.llama_decode(_handle, Fill(tokens));
    }

    public int Encode(ReadOnlySpan<LlamaToken> tokens)
    {
        AttachThreads();
        return Llama.llama_encode(_handle, Fill(tokens));
    }

    public void Synchronize() => Llama.llama_synchronize(_handle);

    public float* Logits(int token) => Llama.llama_get_logits_ith(_handle, token);

    public float* Embedding(int token) => Llama.llama_get_embeddings_ith(_handle, token);

    public float* PooledRow(int sequence) => Llama.llama_get_embeddings_seq(_handle, sequence);

    public float* SourceRows() => Llama.llama_get_embeddings(_handle);

    public void Clear()
    {
        if (_memory != 0)
        {
            Llama.llama_memory_clear(_memory, data: false);
        }
    }

    public bool Remove(int sequence, int from) => _memory != 0 && Llama.llama_memory_seq_rm(_memory, sequence, from, -1);

    public void Share(int from, int to, int length)
    {
        if (_memory != 0)
        {
            Llama.llama_memory_seq_cp(_memory, from, to, length < 0 ? -1 : 0, length);
        }
    }

    public int LastPosition(int sequence) => _memory != 0 ? Llama.llama_memory_seq_pos_max(_memory, sequence) : -1;

    public byte[]? SaveState(int sequence, int header)
    {
        nuint size = Llama.llama_state_seq_get_size(_handle, sequence);
        if (size == 0 || size > (nuint)(Array.MaxLength - header))
        {
            return null;
        }
        byte[] state = GC.AllocateUninitializedArray<byte>(header + (int)size);
        fixed (byte* first = &state[header])
        {
            return Llama.llama_state_seq_get_data(_handle, first, size, sequence) == size ? state : null;
        }
    }

    public bool RestoreState(int sequence, ReadOnlySpan<byte> state)
    {
        fixed (byte* first = state)
        {
            return Llama.llama_state_seq_set_data(_handle, first, (nuint)state.Length, sequence) == (nuint)state.Length;
        }
    }

    public void Dispose()
    {
        _handle.Dispose();
        Llama.llama_batch_free(_batch);
    }

    // Attached again if the previous threads were given up: see ComputeThreads.
    private void AttachThreads()
    {
        (nint Step, nint Batch) pools = (_model.PoolFor(_model.Threads), _model.PoolFor(_model.BatchThreads));
        if (pools != _pools)
        {
            Llama.llama_attach_threadpool(_handle, pools.Step, pools.Batch);
            _pools = pools;
        }
    }

    private llama_batch Fill(ReadOnlySpan<LlamaToken> tokens)
    {
        llama_batch batch = _batch;
        batch.n_tokens = tokens.Length;
        for (int i = 0; i < tokens.Length; i++)
        {
            LlamaToken token = tokens[i];
            batch.token[i] = token.Id;
            batch.pos[i] = token.Position;
            batch.n_seq_id[i] = 1;
            batch.seq_id[i][0] = token.Sequence;
            batch.logits[i] = token.WantsRow ? (sbyte)1 : (sbyte)0;
        }
        return batch;
    }

    private static llama_context_params Parameters(LlamaCppModel model, ContextShape shape, AbortHook abort)
    {
        var parameters = Llama.llama_context_default_params();
        parameters.n_ctx = (uint)shape.Cells;
        parameters.n_batch = (uint)shape.Batch;
        parameters.n_ubatch = (uint)shape.MicroBatch;
        parameters.n_seq_max = (uint)shape.Sequences;
        parameters.n_outputs_max = (uint)shape.Outputs;
        parameters.n_threads = model.Threads;
        parameters.n_threads_batch = model.BatchThreads;
        parameters.pooling_type = PoolingOf(shape.Pooling);
        parameters.embeddings = shape.Embeds;
        parameters.kv_unified = shape.IsUnified;
        parameters.abort_callback = (delegate* unmanaged[Cdecl]<nint, byte>)abort.Callback;
        parameters.abort_callback_data = abort.Data;
        parameters.type_k = parameters.type_v = shape.Cache switch
        {
            CacheType.F32 => ggml_type.F32,
            CacheType.Q8_0 => ggml_type.Q8_0,
            _ => ggml_type.F16,
        };
        parameters.flash_attn_type = shape.Flash switch
        {
            FlashAttention.On => llama_flash_attn_type.ENABLED,
            FlashAttention.Off => llama_flash_attn_type.DISABLED,
            _ => llama_flash_attn_type.AUTO,
        };
        if (shape.Tap is { } tap)
        {
            parameters.cb_eval = GraphTap.Callback;
            parameters.cb_eval_user_data = tap.Address;
        }
        return parameters;
    }

    private static llama_pooling_type PoolingOf(Pooling pooling) => pooling switch
    {
        Pooling.Mean => llama_pooling_type.MEAN,
        Pooling.Cls => llama_pooling_type.CLS,
        Pooling.Last => llama_pooling_type.LAST,
        Pooling.Rank => llama_pooling_type.RANK,
        _ => llama_pooling_type.NONE,
    };
}
