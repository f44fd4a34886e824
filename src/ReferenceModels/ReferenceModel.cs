using Engine;
using Engine.Generation;
using Engine.Gguf;
using Engine.Serving;
using Microsoft.Extensions.Logging;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using Engine.Tokenizers;
using ReferenceModels.Weights;

namespace ReferenceModels;

/// <summary>A model file opened for the managed implementation: its mapping, its weights, and the threads of all its passes.</summary>
internal sealed class ReferenceModel : ILoadedModel
{
    private readonly GgufFile _file;
    private readonly Arithmetic _arithmetic;
    private readonly INetwork _network;
    private readonly Workers _workers;
    private readonly ReadAhead? _readAhead;
    private readonly List<GgufAdapter> _adapters = [];

    /// <summary>Reads a file and takes ownership of it, even if this throws.</summary>
    /// <param name="file">The file, already checked for hostile content.</param>
    /// <param name="contextLength">Tokens a sequence holds; 0 for the model's own context length, up to 4096.</param>
    /// <param name="threads">Threads of a pass; 0 for the number of cores.</param>
    /// <param name="arithmetic">How products are computed for requests with <see cref="Numerics.Production"/> that ask for no arithmetic.</param>
    /// <param name="adapters">Low-rank adapters to add to the weights.</param>
    /// <param name="tokenizer">The rule by which texts are split.</param>
    /// <param name="logger">Receives warnings about a text's tokens and about adapters.</param>
    public ReferenceModel(
        GgufFile file, int contextLength, int threads, Arithmetic arithmetic = Arithmetic.Exact, IReadOnlyList<AdapterOptions>? adapters = null, TokenizerRule tokenizer = TokenizerRule.Trained,
        ILogger? logger = null)
    {
        (_file, _arithmetic) = (file, arithmetic);
        try
        {
            string architecture = file.Metadata.RequireString(GgufKeys.Architecture);
            var load = Networks.Loader(architecture, file.FileName);
            _readAhead = new ReadAhead(file, AvailableMemory.Bytes());
            GgmlType[] types = [.. file.Tensors.Where(tensor => tensor.Shape.Count > 1).Select(tensor => tensor.Type).Distinct()];
            var prepared = Task.Run(() => Linear.Prepare(types, arithmetic));
            Tokenizer = FileTokenizer.Read(file.Metadata, architecture, tokenizer, logger);
            _network = load(file, Tokenizer.VocabularySize, false);
            Adapt(adapters ?? [], logger);
            NetworkSizes sizes = _network.Sizes;
            var sampling = GgufSampling.Read(file.Metadata, Tokenizer.VocabularySize);
            Notices = sampling.Ignored;
            int context = GgufUsage.ContextLength(file.FileName, sizes.TrainedContext, sizes.HasLearnedPositions, contextLength);
            ModelCard card = new ModelFacts(file).ToCard(ReferenceBackend.BackendName, "cpu", Tokenizer.VocabularySize, context) with
            {
                EmbeddingLength = sizes.d,
                Layers = sizes.N,
                TrainedContextLength = sizes.TrainedContext,
                Capabilities = Networks.Capabilities(_network),
                DecoderStartToken = _network is IDecoder and IEncoder ? GgufUsage.DecoderStartToken(file.Metadata, Tokenizer.VocabularySize) : null,
                Sampling = sampling.Defaults,
                SuppressedTokens = sampling.Suppressed,
                Classes = _network is IRanker ranker ? ranker.Scores : 0,
                Adapters = [.. (adapters ?? []).Zip(_adapters, (asked, adapter) => adapter.ToCard(asked))],
            };
            Card = VocabularyCard.Describe(card, file.Metadata, Tokenizer);
            _workers = new Workers(threads);
            prepared.GetAwaiter().GetResult();
        }
        catch
        {
            _adapters.ForEach(adapter => adapter.Dispose());
            _readAhead?.Dispose();
            file.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public ModelCard Card { get; }

    /// <inheritdoc/>
    public ITokenizer Tokenizer { get; }

    /// <inheritdoc/>
    public IReadOnlyList<string> Notices { get; }

    /// <inheritdoc/>
    public bool HasBatch => _network is IPackedDecoder;

    /// <summary>Whether sequences in one batch must not affect each other's results, to the last bit.</summary>
    public bool IsExact { get; init; }

    /// <inheritdoc/>
    /// <remarks>A pass serves every kind of request; only the arithmetic tells passes apart.</remarks>
    public PassKind Shared(PassKind kind) => new(
        Numerics.Strict, Arithmetic: kind is { Numerics: Numerics.Production, Arithmetic: Arithmetic.Exact } ? _arithmetic : kind.Arithmetic);

    /// <inheritdoc/>
    public ISequenceBatch OpenBatch(BatchShape shape)
    {
        RequireMemory(shape);
        return new ReferenceBatch(_network, _workers, Card.ContextLength, shape, _arithmetic, IsExact);
    }

    /// <inheritdoc/>
    public IPass OpenPass(PassKind kind)
    {
        RequireMemory();
        return new ReferencePass(Card.Name, _network, _workers, Card.ContextLength, kind.Arithmetic, IsExact);
    }

    /// <summary>Refuses a context that would not fit. The weights do not count: their pages belong to the file and can be evicted.</summary>
    /// <exception cref="Engine.InsufficientMemoryException">It carries the bytes required and available.</exception>
    public void RequireMemory() => RequireMemory(
        (double)_network.CacheBytes(Card.ContextLength) + ReferencePass.ActivationBytes(_network, Card.ContextLength),
        $"a context of {Card.ContextLength} tokens", "the context length");

    /// <summary>Refuses a batch that would not fit with all its cells in use.</summary>
    /// <exception cref="Engine.InsufficientMemoryException">It carries the bytes required and available.</exception>
    public void RequireMemory(BatchShape shape) => RequireMemory(
        ReferenceBatch.Bytes(_network, shape),
        $"a cache of {shape.Cells} tokens for {shape.Sequences} slots", "the tokens of the cache or the number of slots");

    /// <summary>Stops the threads and closes the mapping; batches and passes must be disposed first.</summary>
    public void Dispose()
    {
        _workers.Dispose();
        _adapters.ForEach(adapter => adapter.Dispose());
        _readAhead?.Dispose();
        _file.Dispose();
    }

    private void RequireMemory(double bytes, string what, string less)
    {
        long required = (long)Math.Min(1e18, bytes);
        long available = AvailableMemory.Bytes();
        if (required > available)
        {
            throw new Engine.InsufficientMemoryException(
                $"Making {what} for {Card.Name}: expected {required >> 20} MiB of memory, there are {available >> 20} MiB (container limits included). Lower {less}.",
                required, available);
        }
    }

    private void Adapt(IReadOnlyList<AdapterOptions> adapters, ILogger? logger)
    {
        foreach (AdapterOptions adapter in adapters)
        {
            _adapters.Add(GgufAdapter.Open(adapter.Path, _file));
            AdapterFile.Attach(_adapters[^1], adapter.Scale, _network.Parameters);
            if (logger is not null)
            {
                _adapters[^1].WarnOfUnused(logger);
            }
        }
    }
}
