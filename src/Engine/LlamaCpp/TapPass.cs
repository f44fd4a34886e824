using Engine.LlamaCpp.Taps;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>Scores and embeds with activations. Each request gets its own context, which holds all of its tokens in one batch,
/// so that every tensor comes whole and only once.</summary>
internal sealed class TapPass(LlamaModel model, Numerics numerics) : IPass
{
    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(PassInput input, int first, int count, RowSink sink, CancellationToken cancellationToken)
    {
        int[] tokens = input.Tokens, source = input.Source ?? [];
        using var tap = new GraphTap(input.Activations) { Positions = tokens.Length };
        using var context = model.CreateContext(model.HasSource
            ? model.Shapes.Encoding(Math.Max(tokens.Length, source.Length), numerics, tap)
            : model.Shapes.Tapping(tokens.Length, numerics, tap));
        if (model.HasSource)
        {
            tap.Part = GraphTap.Encoder;
            context.Encode(source, cancellationToken);
            tap.Part = "decoder";
        }
        // All tokens give a row even if fewer are requested, because the last layer computes only tokens that do.
        context.Evaluate(tokens, tokens.Length, cancellationToken);
        for (int p = first; p < first + count; p++)
        {
            sink(p, context.Logits(p));
        }
        return tap.Finish();
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken)
    {
        int[] tokens = inputs.Single().Tokens;
        using var tap = new GraphTap(inputs[0].Activations)
        {
            Part = model.HasSource ? GraphTap.Encoder : null,
            Positions = tokens.Length,
            RowsName = pooling == Pooling.Rank ? null : model.RowsName,
        };
        using var context = pooling == Pooling.Rank
            ? model.CreateRankContext(numerics, tokens.Length, tap)
            : model.CreateContext(model.Shapes.Embedding(numerics, tokens.Length, tap));
        new PooledRows(context, model.EmbeddingWidth, pooling, sink).Read(inputs, [0], cancellationToken);
        return tap.Finish();
    }

    /// <inheritdoc/>
    public void Dispose() { }
}
