using System.Runtime.Intrinsics.X86;
using Engine.Generation;
using Engine.Gguf;
using Engine.Serving;
using Engine.Tokenizers;

namespace Engine.LlamaCpp;

/// <summary>A model that llama.cpp runs, whichever binding makes its calls: what its contexts are made for, and what becomes of it
/// when native code fails.</summary>
internal abstract class LlamaModel : Serving.ILoadedModel, Generation.ILoadedModel
{
    // Tokens of a step at the most. They are divided into micro-batches, so that a step may be of any size below.
    private const int StepTokens = 512;

    private readonly LoadPlan _plan;
    private readonly ModelFacts _facts;
    private readonly DeviceChoice _device;
    private volatile NativeFailureException? _failure;
    private Action<NativeFailureException>? _onFailure;

    /// <param name="plan">What is loaded; its file is owned from now on.</param>
    /// <param name="device">Where the weights lie.</param>
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

    /// <summary>Fixed per context: with flash attention the number of threads shows in the last digits.</summary>
    public int Threads => _plan.Threads;

    /// <summary>d of embeddings.</summary>
    public abstract int EmbeddingWidth { get; }

    /// <summary>Scores of the classifier.</summary>
    public abstract int ClassifierWidth { get; }

    /// <summary>The name of the rows behind the final norm, in a graph that does not give them another.</summary>
    public string RowsName => _facts is { IsEncoder: true, Encodes: false } ? "result_embd" : "result_norm";

    /// <summary>Whether a source comes before the tokens.</summary>
    public bool HasSource => _facts.HasSource;

    /// <summary>Whether products of a weight with one column and with several have the same digits.</summary>
    /// <remarks>Measured of K-quants on x86. The plain kernels of F32, F16 and the older quantizations come in two kinds, and those of Arm take two columns at once.</remarks>
    public bool ColumnsAgree { get; }

    private int MicroBatch => Variant.MicroBatch is { } asked ? Math.Min(asked, Card.ContextLength) : _device.Devices.Count == 0 ? ContextMemory.MicroBatch : ContextMemory.DeviceMicroBatch;

    /// <inheritdoc/>
    public bool HasBatch => Card.Abilities.HasFlag(ModelAbilities.Generate) && !HasSource;

    /// <inheritdoc/>
    public ISequenceBatch OpenBatch(BatchShape shape)
    {
        ThrowIfFailed();
        return new LlamaBatch(this, CreateBatchContext(shape));
    }

    /// <inheritdoc/>
    public IPass OpenPass(PassKind kind)
    {
        ThrowIfFailed();
        int rows = Variant.MicroBatch is null ? ContextMemory.OutputRows(Card.VocabularySize) : MicroBatch;
        return kind switch
        {
            { Taps: true } => new TapPass(this, kind.Numerics),
            { Embeds: true } => new EmbeddingPass(this, kind.Numerics),
            _ when HasSource => new DecoderPass(CreateEncodingContext(Card.ContextLength, kind.Numerics), rows, MicroBatch),
            _ => new DecoderPass(CreateContext(new(Card.ContextLength, MicroBatch, rows, kind.Numerics)), rows),
        };
    }

    /// <inheritdoc/>
    public ISession CreateSession(SessionKind kind) => new PassSession(OpenPass(new(kind.Numerics, kind.Embeds, kind.Taps)));

    /// <summary>The context of a batch. In the exact mode no sequence's digits depend on another's: each has cells of its own, keys and values
    /// are F32, and there is no flash attention, which cuts the work by the width of all.</summary>
    public LlamaContext CreateBatchContext(BatchShape shape)
    {
        bool exact = _plan.Options.Exact;
        var context = new ContextShape(Card.ContextLength, Batch: 1, shape.Sequences, exact ? Numerics.Strict : Numerics.Production)
        {
            Sequences = shape.Sequences,
            Cells = shape.Cells,
            IsUnified = !exact,
        };
        int batch = Math.Min(context.Cells, Math.Max(StepTokens, MicroBatch));
        return CreateContext(context with { Batch = batch, MicroBatch = Math.Min(MicroBatch, batch) });
    }

    /// <summary>A context of an encoder–decoder, or of the encoder of one alone: a source goes through it in one piece.</summary>
    /// <remarks>llama.cpp makes room for as many rows of logits as the source has tokens, used or not.</remarks>
    public LlamaContext CreateEncodingContext(int tokens, Numerics numerics, ActivationTap? tap = null) =>
        CreateContext(new(tokens, tokens, tokens, numerics, Embeds: !HasSource, Tap: tap, Encodes: true));

    /// <summary>A context whose tokens all give a row behind the final norm.</summary>
    public LlamaContext CreateEmbeddingContext(Numerics numerics)
    {
        if (_facts.Encodes)
        {
            return CreateEncodingContext(Card.ContextLength, numerics);
        }
        int batch = _facts.IsWhole ? Card.ContextLength : ContextMemory.OutputRows(Card.VocabularySize); // llama.cpp computes logits beside them, wanted or not
        return CreateContext(Packing(new(Card.ContextLength, batch, batch, numerics, Embeds: true)));
    }

    /// <summary>The same for the tokens of one request in one batch.</summary>
    public LlamaContext CreateEmbeddingContext(Numerics numerics, int tokens, ActivationTap tap) => _facts.Encodes
        ? CreateEncodingContext(tokens, numerics, tap)
        : CreateContext(new(tokens, tokens, tokens, numerics, Embeds: true, Tap: tap));

    /// <summary>A context that gives the scores of the classifier.</summary>
    /// <param name="numerics">How exactly it computes.</param>
    /// <param name="tokens">Tokens it holds; null for the model's context length.</param>
    /// <param name="tap">Takes activations.</param>
    /// <exception cref="UnsupportedRequestException">The file has no classifier; llama.cpp would answer all the same.</exception>
    public LlamaContext CreateRankContext(Numerics numerics, int? tokens = null, ActivationTap? tap = null)
    {
        int length = tokens ?? Card.ContextLength;
        return _facts is { HasClassifier: true, IsEncoder: true }
            ? CreateContext(Packing(new(length, length, length, numerics, Embeds: true, Pooling.Rank, tap)))
            : throw RequestRules.NoClassifier(Card.Name);
    }

    /// <summary>A context that holds all tokens of one request in one batch.</summary>
    public LlamaContext CreateTapContext(int tokens, Numerics numerics, ActivationTap tap) =>
        CreateContext(new(tokens, tokens, tokens, numerics, Tap: tap));

    /// <inheritdoc/>
    public void OnFailure(Action<NativeFailureException> handler) => _onFailure = handler;

    /// <summary>Called on the thread on which llama.cpp failed: nobody may use this model any more.</summary>
    /// <param name="reason">What it said.</param>
    /// <param name="computes">Whether it had its turn to compute, which it will never leave.</param>
    public virtual void Fail(string reason, bool computes) => Fail(new NativeFailureException(
        $"Running {Card.Name}: llama.cpp failed in a way nothing foresaw: {reason}. This model is not used any more; load it again. Other models go on."));

    /// <summary>Waits until a context of this model may compute.</summary>
    /// <exception cref="OperationCanceledException">The request was cancelled first.</exception>
    public virtual void TakeTurn(CancellationToken cancellationToken) { }

    /// <summary>Lets others compute.</summary>
    public virtual void LeaveTurn() { }

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
    }

    protected void Fail(NativeFailureException failure)
    {
        _failure = failure;
        _onFailure?.Invoke(failure);
    }

    /// <summary>Puts on the card what the model's tokenizer knows.</summary>
    /// <returns>The tokenizer.</returns>
    protected ITokenizer OnCard(ITokenizer tokenizer)
    {
        Card = VocabularyFacts.Describe(Card, _plan.File.Metadata, tokenizer);
        return tokenizer;
    }

    /// <summary>The tokenizer of the model: none, the one that feeds it, or llama.cpp's own.</summary>
    protected ITokenizer Choose(bool hasVocabulary, Func<ITokenizer> own) =>
        !hasVocabulary ? new NoVocabulary(Card.Name, Card.VocabularySize) : _plan.Tokenizer ?? own();

    /// <summary>Makes a context in native code.</summary>
    /// <returns>Null where llama.cpp refuses; its log has the reason.</returns>
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

    // Room for several inputs. Exact numerics have none: neighbours move the last digits.
    private ContextShape Packing(ContextShape shape)
    {
        if (shape is not { Numerics: Numerics.Production, Tap: null })
        {
            return shape;
        }
        int batch = _facts.IsWhole ? Math.Max(shape.Batch, InputGroups.MostTokens) : shape.Batch;
        return shape with
        {
            Batch = batch,
            Outputs = batch,
            Cells = Math.Max(shape.Length, batch),
            Sequences = Math.Min(InputGroups.MostInputs, batch),
            IsUnified = true,
        };
    }
}
