using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>A context by way of LLamaSharp's handle and batch.</summary>
internal sealed unsafe class LLamaSharpContext : ILlamaContext
{
    private readonly LLamaSharpModel _model;
    private readonly NativeGuard _guard;
    private readonly SafeLLamaContextHandle _handle;
    private readonly LLamaBatch _tokens = new();
    private int _outputs;
    private int _source;
    private GCHandle _self;
    private CancellationToken _cancellation;

    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <exception cref="EngineException">llama.cpp refuses; its reason is in the message.</exception>
    public LLamaSharpContext(LLamaSharpModel model, ContextShape shape)
    {
        _model = model;
        (Batch, Encodes) = (shape.Batch, shape.Encodes);
        _guard = new NativeGuard(model.Fail);
        _self = GCHandle.Alloc(this);
        using var log = NativeLog.Listen();
        _guard.Enter();
        _handle = SafeLLamaContextHandle.Create(model.Handle, Parameters(shape));
        _guard.Leave();
        if (_handle.IsInvalid)
        {
            // LLamaSharp does not look at the handle, keeps the model for a context that is not there, and never lets go of it.
            model.Handle.DangerousRelease();
            Release();
            throw new EngineException(
                $"Making a context of {shape.Length} tokens for {model.Card.Name}: llama.cpp refuses: {log.Reason}. Try a smaller context length.");
        }
        model.Adapters.Attach(_handle);
    }

    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public int Batch { get; }

    /// <inheritdoc/>
    public bool Encodes { get; }

    /// <inheritdoc/>
    public void Clear()
    {
        Length = _source = _outputs = 0;
        _handle.MemoryClear(data: false);
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        // On a decoder-only model llama_encode ends the process, as does a source of more tokens than a micro-batch.
        if (!Encodes || source.Length > Batch)
        {
            throw new InvalidOperationException($"A source of {source.Length} tokens was given to a context that encodes {(Encodes ? Batch : 0)}.");
        }
        Clear();
        Fill(source, 0, source.Length);
        Compute(encode: true, cancellationToken);
        _source = source.Length;
    }

    /// <inheritdoc/>
    public void Evaluate(ReadOnlySpan<int> tokens, int outputs, CancellationToken cancellationToken)
    {
        if ((Encodes && _source == 0) || tokens.Length > Batch)
        {
            throw new InvalidOperationException($"{tokens.Length} tokens were given to a context that takes {(Encodes && _source == 0 ? "a source first" : $"{Batch} at once")}.");
        }
        Fill(tokens, Length, outputs);
        Compute(encode: false, cancellationToken);
        Length += tokens.Length;
        _outputs = outputs;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits(int token)
    {
        _guard.Enter(); // on a GPU the computation may still go on until here
        var row = _handle.GetLogitsIth(token);
        _guard.Leave();
        return row;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Embedding(int token)
    {
        _guard.Enter();
        var row = token < _outputs ? _handle.GetEmbeddingsIth(token) : [];
        _guard.Leave();
        return Row(row, _model.EmbeddingWidth);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> SourceRow(int token)
    {
        _guard.Enter();
        float* rows = (uint)token < (uint)_source ? NativeApi.llama_get_embeddings(_handle) : null;
        _guard.Leave();
        return Row(rows is null ? [] : new ReadOnlySpan<float>(rows + (long)token * _model.EmbeddingWidth, _model.EmbeddingWidth), _model.EmbeddingWidth);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Scores()
    {
        _guard.Enter();
        var row = _handle.GetEmbeddingsSeq(LLamaSeqId.Zero); // as wide as an embedding, LLamaSharp says; the scores are its beginning
        _guard.Leave();
        return Row(row, _model.ClassifierWidth);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle.Dispose();
        Release();
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
        parameters.abort_callback = (nint)(delegate* unmanaged[Cdecl]<nint, byte>)&OnNode;
        parameters.abort_callback_user_data = GCHandle.ToIntPtr(_self);
        if (shape.Numerics == Numerics.Strict)
        {
            parameters.type_k = parameters.type_v = GGMLType.GGML_TYPE_F32;
            parameters.llama_flash_attn_type = LLamaFlashAttentionType.LLAMA_FLASH_ATTENTION_TYPE_DISABLED;
        }
        if (shape.Tap is { } tap)
        {
            parameters.cb_eval = ActivationTap.Callback;
            parameters.cb_eval_user_data = tap.Address;
        }
        return parameters;
    }

    private void Fill(ReadOnlySpan<int> tokens, int position, int outputs)
    {
        _tokens.Clear();
        for (int i = 0; i < tokens.Length; i++)
        {
            _tokens.Add(tokens[i], position + i, LLamaSeqId.Zero, logits: i >= tokens.Length - outputs);
        }
    }

    private void Compute(bool encode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        ComputationTurn.Take(cancellationToken);
        DecodeResult status;
        try
        {
            _cancellation = cancellationToken;
            _guard.Enter();
            status = encode ? _handle.Encode(_tokens) : _handle.Decode(_tokens);
            _guard.Leave();
        }
        finally
        {
            _cancellation = default;
            ComputationTurn.Leave();
        }
        if (status != DecodeResult.Ok)
        {
            Clear();
            cancellationToken.ThrowIfCancellationRequested();
            throw new EngineException(
                $"Evaluating {_tokens.TokenCount} tokens with {_model.Card.Name}: {(encode ? "llama_encode" : "llama_decode")} returned {status:D}. llama.cpp's log has the reason; the request can be sent again.");
        }
    }

    private void Release()
    {
        _guard.Dispose();
        _self.Free();
    }

    // LLamaSharp makes a span of whatever pointer it gets.
    private ReadOnlySpan<float> Row(ReadOnlySpan<float> row, int width) =>
        row.Length >= width && !Unsafe.IsNullRef(ref MemoryMarshal.GetReference(row)) ? row[..width] : throw new EngineException(
            $"Reading a result of {_model.Card.Name}: expected a row of {width} numbers, llama.cpp has none for this token.");

    // Called between the nodes of the graph, some hundred times per evaluation.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnNode(nint data)
    {
        var context = Unsafe.As<LLamaSharpContext>(GCHandle.FromIntPtr(data).Target!);
        context._guard.Beat();
        return context._cancellation.IsCancellationRequested ? (byte)1 : (byte)0;
    }
}
