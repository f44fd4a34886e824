using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>A context by way of the imports in Interop.</summary>
internal sealed unsafe class LlamaContext : ILlamaContext
{
    private readonly LlamaCppModel _model;
    private readonly NativeGuard _guard;
    private readonly ContextHandle _handle;
    private readonly nint _memory;
    private readonly sbyte* _outputs;
    private readonly int _batch;
    private int _source;
    private GCHandle _self;
    private CancellationToken _cancellation;

    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <exception cref="EngineException">llama.cpp refuses; its reason is in the message.</exception>
    public LlamaContext(LlamaCppModel model, ContextShape shape)
    {
        _model = model;
        _guard = new NativeGuard(model.Fail);
        _self = GCHandle.Alloc(this);
        var parameters = Llama.llama_context_default_params();
        parameters.n_ctx = (uint)shape.Length;
        parameters.n_batch = parameters.n_ubatch = (uint)shape.Batch;
        parameters.n_seq_max = 1;
        parameters.n_outputs_max = (uint)shape.Outputs;
        parameters.n_threads = parameters.n_threads_batch = model.Threads;
        parameters.pooling_type = shape.Pooling;
        parameters.embeddings = shape.Embeds;
        parameters.kv_unified = shape.Encodes; // the graph of T5's decoder is made for no other layout
        parameters.abort_callback = &OnNode;
        parameters.abort_callback_data = GCHandle.ToIntPtr(_self);
        if (shape.Numerics == Numerics.Strict)
        {
            parameters.type_k = parameters.type_v = ggml_type.F32;
            parameters.flash_attn_type = llama_flash_attn_type.DISABLED;
        }
        if (model.Variant.FlashAttention is { } flash)
        {
            parameters.flash_attn_type = flash ? llama_flash_attn_type.ENABLED : llama_flash_attn_type.DISABLED;
        }
        if (shape.Tap is { } tap)
        {
            parameters.cb_eval = &ActivationTap.OnTensor;
            parameters.cb_eval_user_data = tap.Address;
        }
        using var log = NativeLog.Listen();
        _guard.Enter();
        _handle = ContextHandle.FromModel(model.Handle, parameters);
        _memory = _handle.IsInvalid ? 0 : Llama.llama_get_memory(_handle);
        _guard.Leave();
        if (_handle.IsInvalid)
        {
            Release();
            throw new EngineException(
                $"Making a context of {shape.Length} tokens for {model.Card.Name}: llama.cpp refuses: {log.Reason}. Try a smaller context length.");
        }
        model.Adapters.Attach(_handle);
        (_batch, Encodes) = (shape.Batch, shape.Encodes);
        _outputs = (sbyte*)NativeMemory.AllocZeroed((nuint)_batch);
    }

    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public int Batch => _batch;

    /// <inheritdoc/>
    public bool Encodes { get; }

    /// <inheritdoc/>
    public void Clear()
    {
        Length = _source = 0;
        if (_memory != 0)
        {
            Llama.llama_memory_clear(_memory, data: false);
        }
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        // On a decoder-only model llama_encode ends the process, as does a source of more tokens than a micro-batch.
        if (!Encodes || source.Length > _batch)
        {
            throw new InvalidOperationException($"A source of {source.Length} tokens was given to a context that encodes {(Encodes ? _batch : 0)}.");
        }
        Clear();
        fixed (int* token = source)
        {
            Compute(new llama_batch { n_tokens = source.Length, token = token }, encode: true, cancellationToken);
        }
        _source = source.Length;
    }

    /// <inheritdoc/>
    public void Evaluate(ReadOnlySpan<int> tokens, int outputs, CancellationToken cancellationToken)
    {
        if (Encodes && _source == 0)
        {
            throw new InvalidOperationException("A target was given to a context without a source."); // llama.cpp would end the process
        }
        new Span<sbyte>(_outputs, tokens.Length - outputs).Clear();
        new Span<sbyte>(_outputs + tokens.Length - outputs, outputs).Fill(1);
        fixed (int* token = tokens)
        {
            // Positions and sequence may be left out: llama.cpp goes on behind what sequence 0 holds.
            Compute(new llama_batch { n_tokens = tokens.Length, token = token, logits = _outputs }, encode: false, cancellationToken);
        }
        Length += tokens.Length;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Logits(int token)
    {
        _guard.Enter(); // on a GPU the computation may still go on until here
        float* row = Llama.llama_get_logits_ith(_handle, token);
        _guard.Leave();
        return Row(row, _model.Card.VocabularySize);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Embedding(int token)
    {
        _guard.Enter();
        float* row = Llama.llama_get_embeddings_ith(_handle, token);
        _guard.Leave();
        return Row(row, _model.EmbeddingWidth);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> SourceRow(int token)
    {
        _guard.Enter();
        float* rows = (uint)token < (uint)_source ? Llama.llama_get_embeddings(_handle) : null;
        _guard.Leave();
        return Row(rows is null ? null : rows + (long)token * _model.EmbeddingWidth, _model.EmbeddingWidth);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Scores()
    {
        _guard.Enter();
        float* row = Llama.llama_get_embeddings_seq(_handle, 0);
        _guard.Leave();
        return Row(row, _model.ClassifierWidth);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _handle.Dispose();
        NativeMemory.Free(_outputs);
        Release();
    }

    private void Compute(llama_batch batch, bool encode, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _cancellation = cancellationToken;
        _guard.Enter();
        int status = encode ? Llama.llama_encode(_handle, batch) : Llama.llama_decode(_handle, batch);
        _guard.Leave();
        _cancellation = default;
        if (status != 0)
        {
            Clear();
            cancellationToken.ThrowIfCancellationRequested();
            throw new EngineException(
                $"Evaluating {batch.n_tokens} tokens with {_model.Card.Name}: {(encode ? "llama_encode" : "llama_decode")} returned {status}. llama.cpp's log has the reason; the request can be sent again.");
        }
    }

    private void Release()
    {
        _guard.Dispose();
        _self.Free();
    }

    private ReadOnlySpan<float> Row(float* row, int width) => row is not null ? new ReadOnlySpan<float>(row, width) : throw new EngineException(
        $"Reading a result of {_model.Card.Name}: expected a row of {width} numbers, llama.cpp has none for this token.");

    // Called between the nodes of the graph, some hundred times per evaluation.
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static byte OnNode(nint data)
    {
        var context = Unsafe.As<LlamaContext>(GCHandle.FromIntPtr(data).Target!);
        context._guard.Beat();
        return context._cancellation.IsCancellationRequested ? (byte)1 : (byte)0;
    }
}
