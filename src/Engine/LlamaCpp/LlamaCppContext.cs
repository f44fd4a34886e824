using System.Runtime.InteropServices;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>A context by way of the imports in Interop.</summary>
internal sealed unsafe class LlamaCppContext : LlamaContext
{
    private readonly LlamaCppModel _model;
    private readonly ContextHandle _handle;
    private readonly nint _memory;
    private readonly sbyte* _outputs;

    /// <param name="model">The weights.</param>
    /// <param name="shape">What to make.</param>
    /// <exception cref="EngineException">llama.cpp refuses; its reason is in the message.</exception>
    public LlamaCppContext(LlamaCppModel model, ContextShape shape) : base(model, shape)
    {
        _model = model;
        _handle = Make(shape.Length, () => ContextHandle.FromModel(model.Handle, Parameters(shape)));
        _memory = Llama.llama_get_memory(_handle);
        _outputs = (sbyte*)NativeMemory.AllocZeroed((nuint)shape.Batch);
        model.Adapters.Attach(_handle);
    }

    protected override void ClearMemory()
    {
        if (_memory != 0)
        {
            Llama.llama_memory_clear(_memory, data: false);
        }
    }

    protected override int Run(ReadOnlySpan<int> tokens, int outputs, bool encode)
    {
        fixed (int* token = tokens)
        {
            if (encode)
            {
                return Llama.llama_encode(_handle, new llama_batch { n_tokens = tokens.Length, token = token });
            }
            new Span<sbyte>(_outputs, tokens.Length - outputs).Clear();
            new Span<sbyte>(_outputs + tokens.Length - outputs, outputs).Fill(1);
            // Positions and sequence may be left out: llama.cpp goes on behind what sequence 0 holds.
            return Llama.llama_decode(_handle, new llama_batch { n_tokens = tokens.Length, token = token, logits = _outputs });
        }
    }

    protected override ReadOnlySpan<float> LogitsOf(int token) => Span(Llama.llama_get_logits_ith(_handle, token), _model.Card.VocabularySize);

    protected override ReadOnlySpan<float> EmbeddingOf(int token) => Span(Llama.llama_get_embeddings_ith(_handle, token), _model.EmbeddingWidth);

    protected override float* SourceRows() => Llama.llama_get_embeddings(_handle);

    protected override ReadOnlySpan<float> ScoresOfAll() => Span(Llama.llama_get_embeddings_seq(_handle, 0), _model.ClassifierWidth);

    protected override void Release()
    {
        _handle.Dispose();
        NativeMemory.Free(_outputs);
    }

    private llama_context_params Parameters(ContextShape shape)
    {
        var parameters = Llama.llama_context_default_params();
        parameters.n_ctx = (uint)shape.Length;
        parameters.n_batch = parameters.n_ubatch = (uint)shape.Batch;
        parameters.n_seq_max = 1;
        parameters.n_outputs_max = (uint)shape.Outputs;
        parameters.n_threads = parameters.n_threads_batch = _model.Threads;
        parameters.pooling_type = shape.Pooling;
        parameters.embeddings = shape.Embeds;
        parameters.kv_unified = shape.Encodes; // the graph of T5's decoder is made for no other layout
        parameters.abort_callback = AbortCallback;
        parameters.abort_callback_data = AbortCallbackData;
        if (shape.Numerics == Numerics.Strict)
        {
            parameters.type_k = parameters.type_v = ggml_type.F32;
            parameters.flash_attn_type = llama_flash_attn_type.DISABLED;
        }
        if (_model.Variant.FlashAttention is { } flash)
        {
            parameters.flash_attn_type = flash ? llama_flash_attn_type.ENABLED : llama_flash_attn_type.DISABLED;
        }
        if (shape.Tap is { } tap)
        {
            parameters.cb_eval = ActivationTap.Callback;
            parameters.cb_eval_user_data = tap.Address;
        }
        return parameters;
    }
}
