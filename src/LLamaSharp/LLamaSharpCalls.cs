using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Taps;
using LLama.Exceptions;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>The calls of a context through LLamaSharp's handle and batch.</summary>
internal sealed unsafe class LLamaSharpCalls : ILlamaCalls
{
    private readonly SafeLLamaContextHandle _handle;
    private readonly LLamaBatch _batch = new();

    private LLamaSharpCalls(SafeLLamaContextHandle handle) => _handle = handle;

    /// <summary>Makes a context.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <param name="abort">Leaves its computations.</param>
    /// <returns>Null if llama.cpp refuses; its log has the reason.</returns>
    public static LLamaSharpCalls? Open(LLamaSharpModel model, ContextShape shape, AbortHook abort)
    {
        var handle = SafeLLamaContextHandle.Create(model.Handle, Parameters(model, shape, abort));
        if (handle.IsInvalid)
        {
            model.Handle.DangerousRelease(); // LLamaSharp does not check, and holds a reference to the model for a context that was not created
            handle.Dispose();
            return null;
        }
        model.Adapters.Attach(handle);
        return new LLamaSharpCalls(handle);
    }

    public int Decode(ReadOnlySpan<LlamaToken> tokens)
    {
        Fill(tokens);
        return (int)_handle.Decode(_batch);
    }

    public int Encode(ReadOnlySpan<LlamaToken> tokens)
    {
        Fill(tokens);
        return (int)_handle.Encode(_batch);
    }

    public void Synchronize() => _handle.Synchronize();

    public float* Logits(int token)
    {
        try
        {
            return Address(_handle.GetLogitsIth(token));
        }
        catch (GetLogitsInvalidIndexException)
        {
            return null; // reported like every missing row
        }
    }

    public float* Embedding(int token) => Address(_handle.GetEmbeddingsIth(token));

    // LLamaSharp says it is as wide as an embedding; a classifier's scores are at its beginning.
    public float* PooledRow(int sequence) => Address(_handle.GetEmbeddingsSeq((LLamaSeqId)sequence));

    public float* SourceRows() => NativeApi.llama_get_embeddings(_handle);

    public void Clear() => _handle.MemoryClear(data: false);

    // LLamaSharp does not return llama.cpp's result, so the end of the sequence is looked up afterwards.
    public bool Remove(int sequence, int from)
    {
        _handle.MemorySequenceRemove((LLamaSeqId)sequence, from, -1);
        return true;
    }

    public void Share(int from, int to, int length) => _handle.MemorySequenceCopy((LLamaSeqId)from, (LLamaSeqId)to, length < 0 ? -1 : 0, length);

    public int LastPosition(int sequence) => (int)_handle.MemorySequenceMaxPosition((LLamaSeqId)sequence);

    public byte[]? SaveState(int sequence, int header)
    {
        nuint size = _handle.GetStateSize((LLamaSeqId)sequence);
        if (size == 0 || size > (nuint)(Array.MaxLength - header))
        {
            return null;
        }
        byte[] state = GC.AllocateUninitializedArray<byte>(header + (int)size);
        fixed (byte* first = &state[header])
        {
            return _handle.GetState(first, size, (LLamaSeqId)sequence) == size ? state : null;
        }
    }

    public bool RestoreState(int sequence, ReadOnlySpan<byte> state)
    {
        fixed (byte* first = state)
        {
            return _handle.SetState(first, (nuint)state.Length, (LLamaSeqId)sequence) == (nuint)state.Length;
        }
    }

    public void Dispose() => _handle.Dispose();

    private void Fill(ReadOnlySpan<LlamaToken> tokens)
    {
        _batch.Clear();
        foreach (LlamaToken token in tokens)
        {
            _batch.Add(token.Id, token.Position, (LLamaSeqId)token.Sequence, token.WantsRow);
        }
    }

    // Memory of llama.cpp's, which no collector moves.
    private static float* Address(Span<float> row) => (float*)Unsafe.AsPointer(ref MemoryMarshal.GetReference(row));

    private static LLamaContextParams Parameters(LLamaSharpModel model, ContextShape shape, AbortHook abort)
    {
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)shape.Cells;
        parameters.n_batch = (uint)shape.Batch;
        parameters.n_ubatch = (uint)shape.MicroBatch;
        parameters.n_seq_max = (uint)shape.Sequences;
        parameters.n_outputs_max = (uint)shape.Outputs;
        parameters.n_threads = model.Threads;
        parameters.n_threads_batch = model.BatchThreads;
        parameters.llama_pooling_type = PoolingOf(shape.Pooling);
        parameters.embeddings = shape.Embeds;
        parameters.kv_unified = shape.IsUnified;
        parameters.offload_kqv = parameters.op_offload = model.Device.Devices.Count > 0;
        parameters.abort_callback = abort.Callback;
        parameters.abort_callback_user_data = abort.Data;
        parameters.type_k = parameters.type_v = shape.Cache switch
        {
            CacheType.F32 => GGMLType.GGML_TYPE_F32,
            CacheType.Q8_0 => GGMLType.GGML_TYPE_Q8_0,
            _ => GGMLType.GGML_TYPE_F16,
        };
        parameters.llama_flash_attn_type = shape.Flash switch
        {
            FlashAttention.On => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_ENABLED,
            FlashAttention.Off => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED,
            _ => LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_AUTO,
        };
        if (shape.Tap is { } tap)
        {
            parameters.cb_eval = (nint)GraphTap.Callback;
            parameters.cb_eval_user_data = tap.Address;
        }
        return parameters;
    }

    private static LLamaPoolingType PoolingOf(Pooling pooling) => pooling switch
    {
        Pooling.Mean => LLamaPoolingType.Mean,
        Pooling.Cls => LLamaPoolingType.CLS,
        Pooling.Last => LLamaPoolingType.Last,
        Pooling.Rank => LLamaPoolingType.Rank,
        _ => LLamaPoolingType.None,
    };
}
