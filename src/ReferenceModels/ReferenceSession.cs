using Engine;
using Engine.Generation;
using Engine.Serving;

namespace ReferenceModels;

/// <summary>A pass as the sessions that <see cref="SessionModel"/> runs.</summary>
internal sealed class ReferenceSession(ReferencePass pass) : ISession
{
    /// <inheritdoc/>
    public int Length => pass.Length;

    /// <inheritdoc/>
    public void Clear() => pass.Begin([], default);

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken) => pass.Begin(source, cancellationToken);

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) => pass.Continue(tokens, cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, Engine.Generation.RowSink sink, CancellationToken cancellationToken) =>
        pass.Score(Input(evaluation), first, count, (position, row) => sink(position, row), cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, Engine.Generation.RowSink sink, CancellationToken cancellationToken) =>
        pass.Embed([Input(evaluation)], pooling, (_, position, row) => sink(position, row), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => pass.Dispose();

    private static PassInput Input(Evaluation evaluation) => new(evaluation.Tokens)
    {
        Source = evaluation.Source, Segments = evaluation.Segments, Activations = evaluation.Activations, Replay = evaluation.Replay,
    };
}
