using System.Runtime.CompilerServices;
using Microsoft.Extensions.AI;

namespace Engine.Chat;

/// <summary>A model as an <see cref="IEmbeddingGenerator{TInput, TEmbedding}"/>: for each text a vector (d) of length 1, pooled from the rows of its
/// tokens as the model's file says (<see cref="ModelCard.Pooling"/>), or else as their mean. Safe to call from many threads at once.</summary>
/// <remarks>
/// <see cref="EmbeddingGenerationOptions.RawRepresentationFactory"/> may return an <see cref="EmbedRequest"/> whose pooling, normalization and
/// deadline are used, but not its inputs. If <see cref="EmbeddingGenerationOptions.Dimensions"/> is below d, only the first dimensions are kept, before
/// a vector is normalized; this is for models that are trained for it. Errors are the contract's
/// (<see cref="EngineException"/>). The model belongs to whoever created it, and outlives the generator.
/// </remarks>
public sealed class ModelEmbeddingGenerator : IEmbeddingGenerator<string, Embedding<float>>
{
    private const string Doing = "Embedding texts";

    private readonly ClientModel _model;
    private readonly TimeProvider _clock;

    /// <summary>A generator over a loaded model.</summary>
    /// <param name="model">The model; it is not disposed with the generator.</param>
    /// <param name="clock">Dates the vectors; null for the system's.</param>
    public ModelEmbeddingGenerator(IModel model, TimeProvider? clock = null)
        : this(new ClientModel(model ?? throw new ArgumentNullException(nameof(model))), clock)
    {
    }

    internal ModelEmbeddingGenerator(ClientModel model, TimeProvider? clock = null) => (_model, _clock) = (model, clock ?? TimeProvider.System);

    /// <inheritdoc/>
    /// <exception cref="EngineException">One of the typed errors of the contract.</exception>
    public async Task<GeneratedEmbeddings<Embedding<float>>> GenerateAsync(
        IEnumerable<string> values, EmbeddingGenerationOptions? options = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(values);
        Prompt[] inputs = [.. values.Select((text, i) => Prompt.FromText(text ?? throw new InvalidRequestException($"{Doing}: expected texts, number {i} is null. Leave it out.")))];
        _model.CheckId(Doing, options?.ModelId);
        IModel model = await _model.LeaseAsync(cancellationToken).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable lease = model.ConfigureAwait(false);
        if (inputs.Length == 0)
        {
            return new GeneratedEmbeddings<Embedding<float>> { Usage = new UsageDetails { InputTokenCount = 0, TotalTokenCount = 0 } };
        }
        EmbedRequest request = Settings(model.Card, options) with { Inputs = inputs };
        int dimensions = Dimensions(model.Card, options?.Dimensions);
        bool cuts = dimensions < model.Card.EmbeddingLength;
        Embeddings embeddings = await model.EmbedAsync(cuts ? request with { Normalize = false } : request, cancellationToken).ConfigureAwait(false);
        DateTimeOffset created = _clock.GetUtcNow();
        long tokens = embeddings.TokenCounts.Sum(count => (long)count);
        return new GeneratedEmbeddings<Embedding<float>>(embeddings.Rows.Select(row => new Embedding<float>(cuts ? Cut(row, dimensions, request.Normalize) : row)
        {
            ModelId = _model.Id,
            CreatedAt = created,
        }))
        {
            Usage = new UsageDetails { InputTokenCount = tokens, TotalTokenCount = tokens },
        };
    }

    /// <inheritdoc/>
    /// <remarks>The services are <see cref="EmbeddingGeneratorMetadata"/>, <see cref="IModel"/> and, once the model is loaded, <see cref="ITokenizer"/>.</remarks>
    public object? GetService(Type serviceType, object? serviceKey = null) =>
        _model.Find(serviceType, serviceKey, this, () => new EmbeddingGeneratorMetadata(ClientModel.Provider, null, _model.Id, _model.Card?.EmbeddingLength));

    /// <summary>Does nothing, because the model belongs to whoever created it.</summary>
    public void Dispose()
    {
    }

    private EmbedRequest Settings(ModelCard card, EmbeddingGenerationOptions? options)
    {
        object? raw = options?.RawRepresentationFactory?.Invoke(this);
        if (raw is not (null or EmbedRequest))
        {
            throw new InvalidRequestException(
                $"{Doing}: expected an {nameof(EmbedRequest)} from the options' RawRepresentationFactory, found a {raw.GetType().Name}. Correct the factory.");
        }
        // The rows of single tokens are not one vector per text.
        EmbedRequest request = (EmbedRequest?)raw ?? new EmbedRequest { Inputs = [], Normalize = true, Pooling = card.Pooling is { } own and not Pooling.None ? own : Pooling.Mean };
        return request.Pooling is not (Pooling.None or Pooling.Rank) ? request : throw new UnsupportedRequestException(
            $"{Doing} with {card.Name}: expected a pooling that gives a vector for each text, found {request.Pooling}. Ask for another one, or take the model's EmbedAsync.");
    }

    private static int Dimensions(ModelCard card, int? asked) => asked is null || (asked > 0 && asked <= card.EmbeddingLength)
        ? asked ?? card.EmbeddingLength
        : throw new InvalidRequestException($"{Doing} with {card.Name}: expected Dimensions from 1 to {card.EmbeddingLength}, found {asked}. Correct the number, or leave it out.");

    private static float[] Cut(float[] row, int dimensions, bool normalize)
    {
        float[] first = row[..dimensions];
        if (normalize)
        {
            UnitLength.Scale(first);
        }
        return first;
    }
}
