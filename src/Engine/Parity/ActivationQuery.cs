namespace Engine.Parity;

/// <summary>Asks a model for every activation of one input, whatever it does with the input: score it or embed it.</summary>
/// <param name="Input">The tokens.</param>
/// <param name="Numerics">How exactly to compute.</param>
internal sealed record ActivationQuery(ParityInput Input, Numerics Numerics)
{
    /// <summary>How the reference computes.</summary>
    public Arithmetic Arithmetic { get; init; }

    /// <summary>The pooling of a model that embeds; with <see cref="Engine.Pooling.Rank"/> the classifier is among the activations.</summary>
    public Pooling Pooling { get; init; } = Pooling.None;

    /// <summary>T, the longer of source and target.</summary>
    public int Length => Math.Max(Input.Tokens.Count, Input.Source?.Count ?? 0);

    /// <summary>The same query with at most <paramref name="length"/> tokens.</summary>
    public ActivationQuery Take(int length) => this with
    {
        Input = Input with
        {
            Tokens = [.. Input.Tokens.Take(length)],
            Source = Input.Source is { } source ? [.. source.Take(length)] : null,
            Segments = Input.Segments is { } segments ? [.. segments.Take(length)] : null,
        },
    };

    /// <summary>The activations in the order of the pass.</summary>
    /// <param name="model">The model that computes.</param>
    /// <param name="replay">Activations that replace its own after each op; empty to keep its own.</param>
    /// <param name="cancellationToken">Cancels the pass.</param>
    public async Task<IReadOnlyList<Activation>> ReadAsync(IModel model, IReadOnlyList<Activation> replay, CancellationToken cancellationToken)
    {
        try
        {
            return await AskAsync(model, replay, cancellationToken).ConfigureAwait(false);
        }
        catch (NonFiniteLogitsException error) when (error.Activations.Count > 0)
        {
            return error.Activations; // the caller looks for the op at which NaN begins
        }
    }

    private async Task<IReadOnlyList<Activation>> AskAsync(IModel model, IReadOnlyList<Activation> replay, CancellationToken cancellationToken)
    {
        if (!model.Card.Capabilities.HasFlag(ModelCapabilities.Score))
        {
            var embed = new EmbedRequest
            {
                Inputs = [Prompt.FromTokens(Input.Tokens, Input.Segments)],
                Pooling = Pooling,
                Numerics = Numerics,
                Arithmetic = Arithmetic,
                Activations = [ScoreRequest.AllActivations],
                Replay = replay,
            };
            return (await model.EmbedAsync(embed, cancellationToken).ConfigureAwait(false)).Activations;
        }
        ScoreRequest score = Input.ToScoreRequest(Numerics, model.Card.VocabularySize) with
        {
            Form = ScoreForm.TopK, // the logits are among the activations
            TopK = 1,
            Arithmetic = Arithmetic,
            Activations = [ScoreRequest.AllActivations],
            Replay = replay,
        };
        IReadOnlyList<Activation> activations = [];
        await foreach (ScoreBlock block in model.ScoreAsync(score, cancellationToken).ConfigureAwait(false))
        {
            activations = block.Activations.Count > 0 ? block.Activations : activations;
        }
        return activations;
    }
}
