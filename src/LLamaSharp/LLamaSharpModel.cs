using Engine.Generation;
using Engine.Gguf;
using Engine.LlamaCpp;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>A model by way of LLamaSharp.</summary>
internal sealed class LLamaSharpModel : LlamaModel
{
    /// <param name="handle">Owned from now on, as is the plan's file.</param>
    /// <param name="plan">What was loaded.</param>
    /// <param name="device">Where the weights lie.</param>
    public LLamaSharpModel(SafeLlamaModelHandle handle, LoadPlan plan, DeviceChoice device)
        : base(plan, device, LLamaSharpBackend.BackendName, handle.Vocab.Count)
    {
        (Handle, Device) = (handle, device);
        ClassifierWidth = GgufUsage.ClassifierWidth(plan.File.Metadata);
        Tokenizer = handle.Vocab.Type == LLamaVocabType.None
            ? new NoVocabulary(Card.Name, Card.VocabularySize)
            : new LLamaSharpTokenizer(handle, Card.Name, plan.File.Metadata, ThrowIfFailed);
    }

    public SafeLlamaModelHandle Handle { get; }

    public DeviceChoice Device { get; }

    /// <inheritdoc/>
    public override ITokenizer Tokenizer { get; }

    /// <summary>What its contexts add to the weights.</summary>
    public LLamaSharpAdapters Adapters { get; init; } = LLamaSharpAdapters.None;

    /// <inheritdoc/>
    public override int EmbeddingWidth => Handle.EmbeddingSize;

    /// <inheritdoc/>
    /// <remarks>LLamaSharp does not hand out llama.cpp's own number.</remarks>
    public override int ClassifierWidth { get; }

    /// <inheritdoc/>
    public override void Fail(string reason) => Fail(ComputationTurn.Close(
        $"Running {Card.Name}: llama.cpp failed in a way nothing foresaw: {reason}. LLamaSharp computes for one request at a time, and this one never ends: "
        + $"no model of the backend '{LLamaSharpBackend.BackendName}' runs in this process any more; start it again."));

    /// <inheritdoc/>
    protected override LlamaContext Make(ContextShape shape) => new LLamaSharpContext(this, shape);

    /// <inheritdoc/>
    protected override void Release() => Handle.Dispose();
}
