namespace Engine.Serving;

/// <summary>Serves one request at a time, outside the batch: exact generations, those of encoder–decoders, scores and embeddings.</summary>
/// <remarks>Used only by the thread that opened it. Token ids and lengths have already been checked. A pass implements the members of the kinds that its
/// model opens: <see cref="Begin"/> and <see cref="Continue"/> with <see cref="Score"/>, or <see cref="Embed"/>; all but generation where
/// <see cref="PassKind.Taps"/> is set.</remarks>
public interface IPass : IDisposable
{
    /// <summary>Forgets what was evaluated before, and evaluates the source of an encoder–decoder.</summary>
    /// <param name="source">Empty for other architectures.</param>
    /// <param name="cancellationToken">Takes effect within 250 ms.</param>
    void Begin(ReadOnlySpan<int> source, CancellationToken cancellationToken) => throw new NotSupportedException($"{GetType().Name} does not generate.");

    /// <summary>Evaluates tokens after those before.</summary>
    /// <returns>The logits (V) after the last of them, valid until the next call.</returns>
    /// <param name="tokens">At least one.</param>
    /// <param name="cancellationToken">Takes effect within 250 ms; <see cref="Begin"/> follows.</param>
    ReadOnlySpan<float> Continue(ReadOnlySpan<int> tokens, CancellationToken cancellationToken) => throw new NotSupportedException($"{GetType().Name} does not generate.");

    /// <summary>Forgets what was evaluated before, evaluates an input and hands out rows of logits (V) in ascending position.</summary>
    /// <param name="input">T tokens.</param>
    /// <param name="first">The first position requested.</param>
    /// <param name="count">Number of positions.</param>
    /// <param name="sink">Receives each position with its row.</param>
    /// <param name="cancellationToken">Takes effect within 250 ms.</param>
    /// <returns>The activations asked for.</returns>
    IReadOnlyList<Activation> Score(PassInput input, int first, int count, RowSink sink, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} does not score.");

    /// <summary>Embeds inputs, as many in one evaluation as go together.</summary>
    /// <param name="inputs">One where activations are requested or replayed.</param>
    /// <param name="pooling">How the rows of an input become its answer.</param>
    /// <param name="sink">Receives one row (d) for each input, or with <see cref="Pooling.None"/> one for each of its tokens in ascending
    /// position; the inputs in any order.</param>
    /// <param name="cancellationToken">Takes effect within 250 ms.</param>
    /// <returns>The activations asked for.</returns>
    IReadOnlyList<Activation> Embed(IReadOnlyList<PassInput> inputs, Pooling pooling, EmbeddingSink sink, CancellationToken cancellationToken) =>
        throw new NotSupportedException($"{GetType().Name} does not embed.");
}

/// <summary>An input that a pass evaluates from the beginning.</summary>
/// <param name="Tokens">T ids. For an encoder–decoder, those of the target if it scores, and those of the source if it embeds.</param>
public sealed record PassInput(int[] Tokens)
{
    /// <summary>The source of an encoder–decoder that scores; null elsewhere.</summary>
    public int[]? Source { get; init; }

    /// <summary>(T) segments; empty for 0 throughout.</summary>
    public int[] Segments { get; init; } = [];

    /// <summary>Names of the activations to hand out.</summary>
    public IReadOnlyList<string> Activations { get; init; } = [];

    /// <summary>Activations that replace the pass's own.</summary>
    public IReadOnlyList<Activation> Replay { get; init; } = [];

    /// <summary>Whether activations are handed out or replayed.</summary>
    public bool Taps => Activations.Count > 0 || Replay.Count > 0;
}

/// <summary>Receives the row of a position; the span is valid during the call.</summary>
/// <param name="position">From 0.</param>
/// <param name="row">Logits (V).</param>
public delegate void RowSink(int position, ReadOnlySpan<float> row);

/// <summary>Receives a row of an input; the span is valid during the call.</summary>
/// <param name="input">Index of the input.</param>
/// <param name="position">Position of the token with <see cref="Pooling.None"/>, else 0.</param>
/// <param name="row">(d), or the scores of a classifier.</param>
public delegate void EmbeddingSink(int input, int position, ReadOnlySpan<float> row);
