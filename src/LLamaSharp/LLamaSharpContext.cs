using Engine.LlamaCpp;
using LLama.Exceptions;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>A context by way of LLamaSharp's handle and batch.</summary>
internal sealed unsafe class LLamaSharpContext : LlamaContext
{
    private readonly LLamaSharpModel _model;
    private readonly SafeLLamaContextHandle _handle;
    private readonly LLamaBatch _batch = new();
    private volatile bool _hasTurn;

    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <exception cref="EngineException">llama.cpp refuses; its reason is in the message.</exception>
    public LLamaSharpContext(LLamaSharpModel model, ContextShape shape) : base(model, shape)
    {
        _model = model;
        _handle = Make(shape.Length, () => Create(model, Parameters(shape)));
    }

    protected override void ClearMemory() => _handle.MemoryClear(data: false);

    protected override void TakeTurn(CancellationToken cancellationToken)
    {
        ComputationTurn.OfProcess.Take(cancellationToken);
        _hasTurn = true;
    }

    protected override void LeaveTurn()
    {
        _hasTurn = false;
        ComputationTurn.OfProcess.Leave();
    }

    protected override void Fail(string reason)
    {
        if (_hasTurn)
        {
            _model.FailForGood(reason);
        }
        else
        {
            _model.Fail(reason);
        }
    }

    protected override int Run(ReadOnlySpan<int> tokens, int outputs, bool encode)
    {
        _batch.Clear();
        for (int i = 0; i < tokens.Length; i++)
        {
            _batch.Add(tokens[i], Length + i, LLamaSeqId.Zero, logits: i >= tokens.Length - outputs);
        }
        DecodeResult status = encode ? _handle.Encode(_batch) : _handle.Decode(_batch);
        _handle.Synchronize(); // a GPU computes on when the call returns, and the turn is for the computation
        return (int)status;
    }

    protected override ReadOnlySpan<float> LogitsOf(int token)
    {
        try
        {
            return _handle.GetLogitsIth(token);
        }
        catch (GetLogitsInvalidIndexException)
        {
            return []; // told as every row that is not there
        }
    }

    protected override ReadOnlySpan<float> EmbeddingOf(int token) => _handle.GetEmbeddingsIth(token);

    protected override float* SourceRows() => NativeApi.llama_get_embeddings(_handle);

    // As wide as an embedding, LLamaSharp says; the scores are its beginning.
    protected override ReadOnlySpan<float> ScoresOfAll() => _handle.GetEmbeddingsSeq(LLamaSeqId.Zero);

    protected override void Release() => _handle.Dispose();

    private static SafeLLamaContextHandle Create(LLamaSharpModel model, LLamaContextParams parameters)
    {
        var handle = SafeLLamaContextHandle.Create(model.Handle, parameters);
        if (handle.IsInvalid)
        {
            model.Handle.DangerousRelease(); // LLamaSharp does not look, and keeps the model for a context that is not there
        }
        else
        {
            model.Adapters.Attach(handle);
        }
        return handle;
    }

    private LLamaContextParams Parameters(ContextShape shape)
    {
        var parameters = LLamaContextParams.Default();
        parameters.n_ctx = (uint)shape.Length;
        parameters.n_batch = parameters.n_ubatch = (uint)shape.Batch;
        parameters.n_seq_max = 1;
        parameters.n_threads = parameters.n_threads_batch = _model.Threads;
        parameters.llama_pooling_type = (LLamaPoolingType)shape.Pooling;
        parameters.embeddings = shape.Embeds;
        parameters.kv_unified = shape.Encodes; // the graph of T5's decoder is made for no other layout
        parameters.offload_kqv = parameters.op_offload = _model.Device.Devices.Count > 0;
        parameters.abort_callback = (nint)AbortCallback;
        parameters.abort_callback_user_data = AbortCallbackData;
        if (shape.Numerics == Numerics.Strict)
        {
            parameters.type_k = parameters.type_v = GGMLType.GGML_TYPE_F32;
            parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        }
        if (shape.Tap is { } tap)
        {
            parameters.cb_eval = (nint)ActivationTap.Callback;
            parameters.cb_eval_user_data = tap.Address;
        }
        return parameters;
    }
}
