namespace Engine.Generation;

/// <summary>
/// One evaluation state of a loaded model: a context with its K/V cache. What a backend implements;
/// queueing, validation, sampling and text assembly are written once, above it, in SessionModel.
/// </summary>
/// <remarks>Used by its owner thread alone, from creation to disposal. Token ids and lengths are already checked.</remarks>
internal interface ISession : IDisposable
{
    /// <summary>Tokens in the cache; the next token evaluated stands at this position.</summary>
    int Length { get; }

    /// <summary>Forgets the cache, and the source of an encoder–decoder.</summary>
    void Clear();

    /// <summary>Clears, and evaluates the source of an encoder–decoder: what is decoded afterwards is decoded against it.</summary>
    /// <exception cref="OperationCanceledException">The session is cleared then.</exception>
    void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken);

    /// <summary>Evaluates <paramref name="tokens"/> behind what the cache holds.</summary>
    /// <returns>The logits (V) of the last of them, valid until the next call.</returns>
    /// <exception cref="OperationCanceledException">Within 250 ms of the cancellation; the cache is then cleared.</exception>
    ReadOnlySpan<float> Decode(ReadOnlySpan<int> tokens, CancellationToken cancellationToken);

    /// <summary>Clears, evaluates the T tokens (the source before them, where there is one), and hands the rows of logits (V) of
    /// positions <paramref name="first"/> … <paramref name="first"/> + <paramref name="count"/> − 1 to the sink, ascending.</summary>
    /// <returns>The activations asked for.</returns>
    IReadOnlyList<Activation> Score(Evaluation evaluation, int first, int count, RowSink sink, CancellationToken cancellationToken);

    /// <summary>Clears, evaluates the T tokens and hands the rows (d) behind the final norm (an encoder–decoder's encoder's) to the
    /// sink: one per token for <see cref="Pooling.None"/>, one in all otherwise.</summary>
    /// <returns>The activations asked for.</returns>
    IReadOnlyList<Activation> Embed(Evaluation evaluation, Pooling pooling, RowSink sink, CancellationToken cancellationToken);
}

/// <summary>Receives one row; the span is valid during the call only.</summary>
internal delegate void RowSink(int index, ReadOnlySpan<float> row);
