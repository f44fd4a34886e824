using System.Text.Json.Serialization;

namespace Engine.Parity;

/// <summary>The input on which two models are compared.</summary>
/// <param name="Tokens">T ids: of the target, for an encoder–decoder.</param>
internal sealed record ParityInput(IReadOnlyList<int> Tokens)
{
    /// <summary>The number of inputs whose classifier scores are compared: a single score may be near zero by chance, so that any difference is large relative to it.</summary>
    private const int RankInputs = 8;

    /// <summary>The number of tokens of a target that the reference generates.</summary>
    private const int AnswerTokens = 24;

    /// <summary>The source of an encoder–decoder; null elsewhere.</summary>
    public IReadOnlyList<int>? Source { get; init; }

    /// <summary>The segment of each token; null for 0 throughout.</summary>
    public IReadOnlyList<int>? Segments { get; init; }

    /// <summary>Reads a prompt with the native tokenizer. If an encoder–decoder is given no target, the reference's own greedy answer is used.</summary>
    /// <param name="native">The model judged.</param>
    /// <param name="reference">The model it is judged by.</param>
    /// <param name="prompt">The source, for an encoder–decoder.</param>
    /// <param name="target">An encoder–decoder's target; null for the default.</param>
    /// <param name="cancellationToken">Cancels the generation of a target.</param>
    /// <exception cref="EngineException">A model refused, or a target was given for a model that has none.</exception>
    public static async Task<ParityInput> ReadAsync(
        IModel native, IModel reference, Prompt prompt, Prompt? target, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> tokens = prompt.ToTokens(native.Tokenizer);
        if (!native.Card.Capabilities.HasFlag(ModelCapabilities.Source))
        {
            return target is null ? new ParityInput(tokens) { Segments = prompt.ToSegments(native.Tokenizer) } : throw new InvalidRequestException(
                $"Comparing on a target: expected an encoder–decoder, found {native.Card.Name} of the architecture {native.Card.Architecture}. Leave the target out.");
        }
        int[] start = native.Card.DecoderStartToken is { } id ? [id] : [];
        IReadOnlyList<int> written = target?.Tokens
            ?? [.. start, .. target is null ? await AnswerAsync(reference, tokens, cancellationToken).ConfigureAwait(false)
                : native.Tokenizer.Encode(target.Text!, addSpecial: false, parseSpecial: false)];
        return new ParityInput(written) { Source = tokens };
    }

    /// <summary>Tokens in all, of source and target together.</summary>
    [JsonIgnore]
    public int Length => Tokens.Count + (Source?.Count ?? 0);

    public int RowCount(RowKind kind) => kind switch
    {
        RowKind.Logits or RowKind.Embeddings => Tokens.Count,
        RowKind.Encoder => Source!.Count,
        _ => 1,
    };

    public ScoreRequest ToScoreRequest(Numerics numerics, int vocabulary) => new()
    {
        Tokens = Prompt.FromTokens(Tokens),
        Source = Source is null ? null : Prompt.FromTokens(Source),
        Numerics = numerics,
        BlockRows = RowReader.BlockRows(vocabulary),
    };

    public EmbedRequest ToEmbedRequest(RowKind kind, Numerics numerics) => new()
    {
        Inputs = kind switch
        {
            RowKind.Encoder => [Prompt.FromTokens(Source!)],
            RowKind.Rank => [.. Enumerable.Range(0, Math.Min(RankInputs, Tokens.Count)).Select(i => Rotation(i * Tokens.Count / Math.Min(RankInputs, Tokens.Count)))],
            _ => [Prompt.FromTokens(Tokens, Segments)],
        },
        Pooling = kind.Pooling(),
        Numerics = numerics,
    };

    private Prompt Rotation(int first) => Prompt.FromTokens(
        [.. Tokens.Skip(first), .. Tokens.Take(first)], Segments is null ? null : [.. Segments.Skip(first), .. Segments.Take(first)]);

    private static async Task<int[]> AnswerAsync(IModel reference, IReadOnlyList<int> source, CancellationToken cancellationToken)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromTokens(source),
            MaxTokens = Math.Min(AnswerTokens, reference.Card.ContextLength - 1),
            Sampling = SamplingOptions.Greedy,
            IgnoreEndOfGeneration = true,
        };
        var answer = new List<int>();
        await foreach (GeneratedToken token in reference.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
        {
            answer.Add(token.Token);
        }
        return [.. answer];
    }
}
