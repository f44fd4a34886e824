using Engine.Generation;

namespace Engine.LlamaCpp;

/// <summary>Scores and embeds with activations: each request in a context of its own, made to hold all of its tokens in one batch,
/// so that every tensor comes whole and once.</summary>
internal sealed class TapSession(LlamaModel model, Numerics numerics) : ISession
{
    /// <inheritdoc/>
    public int Length => 0;

    /// <inheritdoc/>
    public void Clear() { }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, RowSink sink, CancellationToken cancellationToken)
    {
        int[] tokens = evaluation.Tokens, source = evaluation.Source ?? [];
        using var tap = new ActivationTap(evaluation.Activations) { Positions = tokens.Length };
        using var context = model.HasSource
            ? model.CreateEncodingContext(Math.Max(tokens.Length, source.Length), numerics, tap)
            : model.CreateTapContext(tokens.Length, numerics, tap);
        if (model.HasSource)
        {
            tap.Part = ActivationTap.Encoder;
            context.Encode(source, cancellationToken);
            tap.Part = "decoder";
        }
        // All tokens give a row even where fewer are asked for: the last layer computes only those that do.
        context.Evaluate(tokens, tokens.Length, cancellationToken);
        for (int p = first; p < first + count; p++)
        {
            sink(p, context.Logits(p));
        }
        return tap.Finish();
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, RowSink sink, CancellationToken cancellationToken)
    {
        int[] tokens = evaluation.Tokens;
        using var tap = new ActivationTap(evaluation.Activations)
        {
            Part = model.HasSource ? ActivationTap.Encoder : null,
            Positions = tokens.Length,
            RowsName = pooling == Pooling.Rank ? null : model.RowsName,
        };
        if (pooling == Pooling.Rank)
        {
            using var ranks = model.CreateRankContext(numerics, tokens.Length, tap);
            ranks.Evaluate(tokens, tokens.Length, cancellationToken);
            sink(0, ranks.Scores());
        }
        else
        {
            using var rows = model.CreateEmbeddingContext(numerics, tokens.Length, tap);
            new PooledRows(rows, model.EmbeddingWidth, pooling, sink).Read(tokens, cancellationToken);
        }
        return tap.Finish();
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session for activations was asked to generate.");

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) =>
        throw new InvalidOperationException("A session for activations was asked to generate.");

    /// <inheritdoc/>
    public void Dispose() { }
}
