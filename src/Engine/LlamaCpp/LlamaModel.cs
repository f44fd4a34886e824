using System.Runtime.Intrinsics.X86;
using Engine.Generation;
using Engine.Gguf;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Runtime;
using Engine.LlamaCpp.Taps;
using Engine.Serving;
using Engine.Tokenizers;

namespace Engine.LlamaCpp;

/// <summary>A model that llama.cpp runs, whichever binding makes its calls: how its contexts are made, and what happens
/// to it when native code fails.</summary>
internal abstract class LlamaModel : ILoadedModel
{
    private readonly LoadPlan _plan;
    private readonly ModelFacts _facts;
    private readonly DeviceChoice _device;
    private volatile NativeFailureException? _failure;
    private Action<NativeFailureException>? _onFailure;

    /// <param name="plan">What is loaded; its file is owned from now on.</param>
    /// <param name="device">The devices that hold the weights.</param>
    /// <param name="backend">Name of the backend.</param>
    /// <param name="vocabularySize">V, as llama.cpp counts it.</param>
    protected LlamaModel(LoadPlan plan, DeviceChoice device, string backend, int vocabularySize)
    {
        (_plan, _facts, _device) = (plan, plan.Facts, device);
        var sampling = GgufSampling.Read(plan.File.Metadata, vocabularySize);
        Notices = sampling.Ignored;
        Card = _facts.ToCard(backend, device.Name, vocabularySize, plan.ContextLength) with
        {
            Sampling = sampling.Defaults,
            SuppressedTokens = sampling.Suppressed,
            Adapters = plan.Adapters,
        };
        ColumnsAgree = X86Base.IsSupported && plan.Adapters.Count == 0 && device.Devices.Count == 0 && plan.File.Tensors.All(tensor =>
            tensor.Shape.Count < 2 || tensor.Type is GgmlType.Q2_K or GgmlType.Q3_K or GgmlType.Q4_K or GgmlType.Q5_K or GgmlType.Q6_K);
    }

    /// <inheritdoc/>
    public ModelCard Card { get; private set; }

    /// <inheritdoc/>
    public abstract ITokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices { get; }

    /// <summary>How its contexts compute.</summary>
    public NativeVariant Variant { get; init; } = NativeVariant.AsServed;

    /// <summary>The number of threads, fixed per context, because with flash attention it affects the last digits.</summary>
    public int Threads => _plan.Threads;

    /// <summary>The same, where several tokens are evaluated at once.</summary>
    public int BatchThreads => _plan.BatchThreads;

    /// <summary>d of embeddings.</summary>
    public abstract int EmbeddingWidth { get; }

    /// <summary>Scores of the classifier.</summary>
    public abstract int ClassifierWidth { get; }

    /// <summary>The name of the rows after the final norm, in a graph that does not give them another.</summary>
    public string RowsName => _facts is { IsEncoder: true, Encodes: false } ? "result_embd" : "result_norm";

    /// <summary>Whether a source comes before the tokens.</summary>
    public bool HasSource => _facts.HasSource;

    /// <summary>Whether products of a weight with one column and with several have the same digits.</summary>
    /// <remarks>Measured of K-quants on x86. The plain kernels of F32, F16 and the older quantizations come in two kinds, and those of Arm take two columns at once.</remarks>
    public bool ColumnsAgree { get; }

    /// <summary>The shapes of its contexts.</summary>
    public ContextShapes Shapes => new(_plan, _device, Variant, Card.VocabularySize);

    /// <inheritdoc/>
    public bool HasBatch => Card.Capabilities.HasFlag(ModelCapabilities.Generate) && !HasSource;

    /// <inheritdoc/>
    public ISequenceBatch OpenBatch(BatchShape shape)
    {
        ThrowIfFailed();
        return new LlamaBatch(this, CreateContext(Shapes.Batch(shape)));
    }

    /// <inheritdoc/>
    public IPass OpenPass(PassKind kind)
    {
        ThrowIfFailed();
        return kind switch
        {
            { Taps: true } => new TapPass(this, kind.Numerics),
            { Embeds: true } => new EmbeddingPass(this, kind.Numerics),
            _ => new DecoderPass(CreateContext(Shapes.Generating(kind.Numerics)), Shapes.Rows, Shapes.MicroBatch),
        };
    }

    /// <summary>A context that gives the scores of the classifier.</summary>
    /// <param name="numerics">How exactly it computes.</param>
    /// <param name="tokens">Tokens it holds; null for the model's context length.</param>
    /// <param name="tap">Takes activations.</param>
    /// <exception cref="UnsupportedRequestException">The file has no classifier; llama.cpp would answer anyway.</exception>
    public LlamaContext CreateRankContext(Numerics numerics, int? tokens = null, GraphTap? tap = null) =>
        _facts is { HasClassifier: true, IsEncoder: true } ? CreateContext(Shapes.Ranking(numerics, tokens, tap)) : throw RequestRules.NoClassifier(Card.Name);

    /// <inheritdoc/>
    public void OnFailure(Action<NativeFailureException> handler) => _onFailure = handler;

    /// <summary>Called on the thread on which llama.cpp failed: the model must not be used again.</summary>
    /// <param name="reason">What it said.</param>
    /// <param name="computes">Whether it held the turn to compute, which it will never release.</param>
    public virtual void Fail(string reason, bool computes)
    {
        if (computes && TakesTurns)
        {
            ComputeThreads.Abandon();
            ComputeGate.OfProcess.Leave();
        }
        Fail(new NativeFailureException(
            $"Running {Card.Name}: llama.cpp failed unexpectedly: {reason}. This model is now unusable and must be reloaded; other models are unaffected."));
    }

    /// <summary>Waits until a context of this model may compute.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled first.</exception>
    public void TakeTurn(CancellationToken cancellationToken)
    {
        if (TakesTurns)
        {
            ComputeGate.OfProcess.Take(cancellationToken);
        }
    }

    /// <summary>Releases the turn to compute.</summary>
    public void LeaveTurn()
    {
        if (TakesTurns)
        {
            ComputeGate.OfProcess.Leave();
        }
    }

    /// <summary>The threads on which its contexts compute, for computations of as many threads; 0 if llama.cpp makes its own.</summary>
    /// <remarks>Call only while holding the turn, because all models share the threads.</remarks>
    public nint PoolFor(int threads) => TakesTurns ? ComputeThreads.Pool(threads) : 0;

    public void ThrowIfFailed()
    {
        if (_failure is { } failure)
        {
            throw failure;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Release();
        _plan.File.Dispose();
        NativeHeap.Trim();
    }

    protected void Fail(NativeFailureException failure)
    {
        _failure = failure;
        _onFailure?.Invoke(failure);
    }

    /// <summary>Whether some of it is computed on the CPU, whose cores all models share, so that only one computes at a time.</summary>
    protected virtual bool TakesTurns => _device.Devices.Count == 0 || _device.GpuLayers >= 0;

    /// <summary>Puts on the card what the model's tokenizer knows.</summary>
    /// <returns>The tokenizer.</returns>
    protected ITokenizer OnCard(ITokenizer tokenizer)
    {
        Card = VocabularyCard.Describe(Card, _plan.File.Metadata, tokenizer);
        return tokenizer;
    }

    /// <summary>The tokenizer of the model: none, the one that feeds it, or llama.cpp's own.</summary>
    protected ITokenizer Choose(bool hasVocabulary, Func<ITokenizer> own) =>
        !hasVocabulary ? new NoVocabulary(Card.Name, Card.VocabularySize) : _plan.Tokenizer ?? own();

    /// <summary>Makes a context in native code.</summary>
    /// <returns>Null if llama.cpp refuses; its log has the reason.</returns>
    public abstract ILlamaCalls? OpenCalls(ContextShape shape, AbortHook abort);

    /// <summary>Frees the weights.</summary>
    protected abstract void Release();

    /// <summary>Makes a context that fits the memory.</summary>
    /// <exception cref="InsufficientMemoryException">Both numbers are in it.</exception>
    public LlamaContext CreateContext(ContextShape shape)
    {
        var need = ContextMemory.Estimate(_plan.File, shape);
        MemoryRefusal.Check($"Making a context of {shape.Cells} tokens for {Card.Name}", need.Context, _device);
        return new LlamaContext(this, shape, OpenCalls);
    }
}
