using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Interop;
using Engine.LlamaCpp.Memory;

namespace Engine.LlamaCpp.Direct;

/// <summary>A model through the imports in Interop.</summary>
internal sealed class LlamaCppModel : LlamaModel
{
    /// <param name="handle">Owned from now on, as is the plan's file.</param>
    /// <param name="plan">What was loaded.</param>
    /// <param name="device">Where the weights lie.</param>
    public LlamaCppModel(ModelHandle handle, LoadPlan plan, DeviceChoice device)
        : base(plan, device, LlamaCppBackend.BackendName, Llama.llama_vocab_n_tokens(Llama.llama_model_get_vocab(handle)))
    {
        Handle = handle;
        EmbeddingWidth = Llama.llama_model_n_embd_out(handle);
        ClassifierWidth = (int)Llama.llama_model_n_cls_out(handle);
        Tokenizer = OnCard(Choose(
            Llama.llama_vocab_type(Llama.llama_model_get_vocab(handle)) != llama_vocab_type.NONE,
            () => new LlamaCppTokenizer(handle, Card.Name, plan.File.Metadata, ThrowIfFailed)));
    }

    public ModelHandle Handle { get; }

    /// <inheritdoc/>
    public override ITokenizer Tokenizer { get; }

    /// <summary>What its contexts add to the weights.</summary>
    public LlamaAdapters Adapters { get; init; } = LlamaAdapters.None;

    /// <inheritdoc/>
    public override int EmbeddingWidth { get; }

    /// <inheritdoc/>
    public override int ClassifierWidth { get; }

    /// <inheritdoc/>
    public override ILlamaCalls? OpenCalls(ContextShape shape, AbortHook abort) => DirectCalls.Open(this, shape, abort);

    /// <inheritdoc/>
    protected override void Release() => Handle.Dispose();
}
