namespace Engine.LlamaCpp;

/// <summary>A context of llama.cpp of one sequence, with the checks that native code lacks, whichever binding makes its calls.
/// One thread's alone.</summary>
internal interface ILlamaContext : IDisposable
{
    /// <summary>Tokens evaluated so far.</summary>
    int Length { get; }

    /// <summary>Tokens of one call of <see cref="Evaluate"/> at the most.</summary>
    int Batch { get; }

    /// <summary>Whether a source comes before the tokens.</summary>
    bool Encodes { get; }

    /// <summary>Forgets the tokens, and the source.</summary>
    void Clear();

    /// <summary>Clears, and evaluates the source of an encoder–decoder, in one piece: every token attends to all.</summary>
    /// <param name="source">One token to <see cref="Batch"/>.</param>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    /// <exception cref="OperationCanceledException">The context is empty then.</exception>
    void Encode(ReadOnlySpan<int> source, CancellationToken cancellationToken);

    /// <summary>Evaluates up to <see cref="Batch"/> tokens behind those before.</summary>
    /// <param name="tokens">At least one.</param>
    /// <param name="outputs">How many of the last of them give a row.</param>
    /// <param name="cancellationToken">Looked at between the nodes of the graph.</param>
    /// <exception cref="OperationCanceledException">The context is empty then.</exception>
    void Evaluate(ReadOnlySpan<int> tokens, int outputs, CancellationToken cancellationToken);

    /// <summary>The row of logits (V) of a token of the last evaluation; -1 for its last. Valid until the next.</summary>
    ReadOnlySpan<float> Logits(int token);

    /// <summary>The row (d) behind the final norm of a token of the last evaluation. Valid until the next.</summary>
    ReadOnlySpan<float> Embedding(int token);

    /// <summary>The row (d) behind the encoder's final norm of a token of the source. Valid until the next evaluation.</summary>
    ReadOnlySpan<float> SourceRow(int token);

    /// <summary>The classifier's scores. Valid until the next evaluation.</summary>
    ReadOnlySpan<float> Scores();
}
