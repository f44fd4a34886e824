using Engine.Generation;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>A pass in the shape of a session.</summary>
/// <param name="pass">Owned from now on.</param>
internal sealed class PassSession(IPass pass) : ISession
{
    /// <inheritdoc/>
    public int Length { get; private set; }

    /// <inheritdoc/>
    public void Clear()
    {
        Length = 0;
        pass.Begin([], default);
    }

    /// <inheritdoc/>
    public void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken)
    {
        Length = 0;
        pass.Begin(source, cancellationToken);
    }

    /// <inheritdoc/>
    public ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken)
    {
        int length = Length + tokens.Length;
        Length = 0;
        var row = pass.Continue(tokens, cancellationToken);
        Length = length;
        return row;
    }

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, Generation.RowSink sink, CancellationToken cancellationToken) =>
        pass.Score(Input(evaluation), first, count, (position, row) => sink(position, row), cancellationToken);

    /// <inheritdoc/>
    public IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, Generation.RowSink sink, CancellationToken cancellationToken) =>
        pass.Embed([Input(evaluation)], pooling, (_, position, row) => sink(position, row), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => pass.Dispose();

    private static PassInput Input(Evaluation evaluation) => new(evaluation.Tokens)
    {
        Source = evaluation.Source,
        Segments = evaluation.Segments,
        Activations = evaluation.Activations,
        Replay = evaluation.Replay,
    };
}
