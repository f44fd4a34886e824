using Engine.Gguf;
using Engine.LlamaCpp;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Runtime;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>A model through LLamaSharp.</summary>
internal sealed class LLamaSharpModel : LlamaModel
{
    /// <param name="handle">Owned from now on, as is the plan's file.</param>
    /// <param name="plan">What was loaded.</param>
    /// <param name="device">The devices that hold the weights.</param>
    public LLamaSharpModel(SafeLlamaModelHandle handle, LoadPlan plan, DeviceChoice device)
        : base(plan, device, LLamaSharpBackend.BackendName, handle.Vocab.Count)
    {
        (Handle, Device) = (handle, device);
        ClassifierWidth = GgufUsage.ClassifierWidth(plan.File.Metadata);
        Tokenizer = OnCard(Choose(
            handle.Vocab.Type != LLamaVocabType.None,
            () => new LLamaSharpTokenizer(handle, Card.Name, plan.File.Metadata, ThrowIfFailed)));
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

    /// <summary>Refuses what LLamaSharp would read incorrectly: it assumes that every row is as wide as an embedding.</summary>
    /// <exception cref="UnsupportedRequestException">The file has rows of another width.</exception>
    public static void Check(LoadPlan plan)
    {
        GgufMetadata metadata = plan.File.Metadata;
        int width = plan.Facts.EmbeddingLength;
        uint output = metadata.GetUInt32(plan.Facts.Architecture + ".embedding_length_out") ?? 0;
        if (output > 0 && output != width)
        {
            throw Refusal(plan, $"embeddings as wide as embedding_length, {width}, found an embedding_length_out of {output}");
        }
        if (plan.Facts.HasClassifier && GgufUsage.ClassifierWidth(metadata) > width)
        {
            throw Refusal(plan, $"at most {width} classes, the width of an embedding, found {GgufUsage.ClassifierWidth(metadata)}");
        }
    }

    /// <inheritdoc/>
    /// <remarks>A computation that never ends keeps LLamaSharp's lock.</remarks>
    public override void Fail(string reason, bool computes)
    {
        if (computes)
        {
            Fail(ComputeGate.OfProcess.Close(
                $"Running {Card.Name}: llama.cpp failed unexpectedly: {reason}. LLamaSharp computes for one request at a time, and this one never ends: "
                + $"no model of the backend '{LLamaSharpBackend.BackendName}' runs in this process any more; start it again."));
        }
        else
        {
            base.Fail(reason, computes);
        }
    }

    /// <inheritdoc/>
    /// <remarks>On a device, too: LLamaSharp has a lock around every computation.</remarks>
    protected override bool TakesTurns => true;

    /// <inheritdoc/>
    public override ILlamaCalls? OpenCalls(ContextShape shape, AbortHook abort) => LLamaSharpCalls.Open(this, shape, abort);

    /// <inheritdoc/>
    protected override void Release() => Handle.Dispose();

    private static UnsupportedRequestException Refusal(LoadPlan plan, string what) => new(
        $"Loading {plan.File.FileName} with {LLamaSharpLibrary.Runner}: expected {what}. Use the backend '{LlamaCppBackend.BackendName}'.");
}
