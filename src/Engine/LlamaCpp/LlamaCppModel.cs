using Engine.Generation;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp;

/// <summary>A model loaded by llama.cpp, and the making of its contexts.</summary>
internal sealed class LlamaCppModel : ILoadedModel
{
    private readonly GgufFile _file;
    private readonly ModelFacts _facts;
    private readonly DeviceChoice _device;
    private volatile NativeFailureException? _failure;
    private Action<NativeFailureException>? _onFailure;

    /// <param name="handle">Owned from now on, as is the file.</param>
    /// <param name="file">Its file, kept for what a context will need.</param>
    /// <param name="facts">What the file says.</param>
    /// <param name="device">Where the weights lie.</param>
    /// <param name="contextLength">Tokens of a context.</param>
    /// <param name="threads">Threads of a context's computation.</param>
    public LlamaCppModel(ModelHandle handle, GgufFile file, ModelFacts facts, DeviceChoice device, int contextLength, int threads)
    {
        (Handle, _file, _facts, Threads) = (handle, file, facts, threads);
        _device = device;
        nint vocabulary = Llama.llama_model_get_vocab(handle);
        int size = Llama.llama_vocab_n_tokens(vocabulary);
        EmbeddingWidth = Llama.llama_model_n_embd_out(handle);
        ClassifierWidth = (int)Llama.llama_model_n_cls_out(handle);
        Card = new ModelCard
        {
            Name = facts.Name,
            Path = facts.Path,
            Architecture = facts.Architecture,
            Backend = LlamaCppBackend.BackendName,
            Device = device.Name,
            FileType = facts.FileType,
            Parameters = facts.Parameters,
            TensorBytes = facts.TensorBytes,
            VocabularySize = size,
            EmbeddingLength = facts.EmbeddingLength,
            Layers = facts.Layers,
            ContextLength = contextLength,
            TrainedContextLength = facts.TrainedContextLength,
            Abilities = facts.Abilities,
            DecoderStartToken = facts.DecoderStartToken,
            Pooling = facts.Pooling,
            Activation = GgufActivation.Of(file),
        };
        Tokenizer = Llama.llama_vocab_type(vocabulary) == llama_vocab_type.NONE
            ? new NoVocabulary(facts.Name, size)
            : new LlamaCppTokenizer(handle, facts.Name, VocabularyBytes.Read(file.Metadata), new TextStack(file.Metadata), ThrowIfFailed);
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    public ModelHandle Handle { get; }

    /// <summary>How its contexts compute.</summary>
    public NativeVariant Variant { get; init; } = NativeVariant.AsServed;

    /// <summary>What its contexts add to the weights.</summary>
    public LlamaAdapters Adapters { get; init; } = LlamaAdapters.None;

    /// <summary>Fixed per context: with flash attention the number of threads shows in the last digits.</summary>
    public int Threads { get; }

    /// <summary>d of embeddings.</summary>
    public int EmbeddingWidth { get; }

    /// <summary>Scores of the classifier.</summary>
    public int ClassifierWidth { get; }

    private int MicroBatch => Variant.MicroBatch is { } asked ? Math.Min(asked, Card.ContextLength) : _device.Devices.Count == 0 ? ContextMemory.MicroBatch : ContextMemory.DeviceMicroBatch;

    /// <inheritdoc/>
    public ISession CreateSession(SessionKind kind)
    {
        ThrowIfFailed();
        int rows = Variant.MicroBatch is null ? ContextMemory.OutputRows(Card.VocabularySize) : MicroBatch;
        return kind switch
        {
            { Taps: true } => new TapSession(this, kind.Numerics),
            { Embeds: true } => new EmbeddingSession(this, kind.Numerics),
            _ when _facts.HasSource => new DecoderSession(CreateEncodingContext(Card.ContextLength, kind.Numerics), rows, MicroBatch),
            _ => new DecoderSession(CreateContext(new(Card.ContextLength, MicroBatch, rows, kind.Numerics)), rows),
        };
    }

    /// <summary>The name of the rows behind the final norm, in a graph that does not give them another.</summary>
    public string RowsName => _facts.IsEncoder ? "result_embd" : "result_norm";

    /// <summary>Whether a source comes before the tokens.</summary>
    public bool HasSource => _facts.HasSource;

    /// <summary>A context of an encoder–decoder: a source goes through it in one piece.</summary>
    /// <remarks>llama.cpp makes room for as many rows of logits as the source has tokens, used or not.</remarks>
    public LlamaContext CreateEncodingContext(int tokens, Numerics numerics, ActivationTap? tap = null) =>
        CreateContext(new(tokens, tokens, tokens, numerics, Tap: tap, Encodes: true));

    /// <summary>A context whose tokens all give a row behind the final norm.</summary>
    public LlamaContext CreateEmbeddingContext(Numerics numerics)
    {
        int batch = _facts.IsWhole ? Card.ContextLength : ContextMemory.OutputRows(Card.VocabularySize); // llama.cpp computes logits beside them, wanted or not
        return HasSource
            ? CreateEncodingContext(Card.ContextLength, numerics)
            : CreateContext(new(Card.ContextLength, batch, batch, numerics, Embeds: true));
    }

    /// <summary>The same for the tokens of one request in one batch.</summary>
    public LlamaContext CreateEmbeddingContext(Numerics numerics, int tokens, ActivationTap tap) => HasSource
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
            ? CreateContext(new(length, length, length, numerics, Embeds: true, llama_pooling_type.RANK, tap))
            : throw RequestRules.NoClassifier(Card.Name);
    }

    /// <summary>A context that holds all tokens of one request in one batch.</summary>
    public LlamaContext CreateTapContext(int tokens, Numerics numerics, ActivationTap tap) =>
        CreateContext(new(tokens, tokens, tokens, numerics, Tap: tap));

    /// <inheritdoc/>
    public void OnFailure(Action<NativeFailureException> handler) => _onFailure = handler;

    /// <summary>Called on the thread on which llama.cpp failed: nobody may use this model any more.</summary>
    public void Fail(string reason)
    {
        var failure = new NativeFailureException(
            $"Running {Card.Name}: llama.cpp failed in a way nothing foresaw: {reason}. This model is not used any more; load it again. Other models go on.");
        _failure = failure;
        _onFailure?.Invoke(failure);
    }

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
        Handle.Dispose();
        _file.Dispose();
    }

    private LlamaContext CreateContext(ContextShape shape)
    {
        var need = ContextMemory.Estimate(_file, shape.Length, shape.Numerics, shape.Batch, shape.Outputs);
        MemoryRefusal.Check($"Making a context of {shape.Length} tokens for {Card.Name}", need.Context, _device);
        return new LlamaContext(this, shape);
    }
}
