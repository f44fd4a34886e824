namespace Engine.LlamaCpp;

/// <summary>The calls of llama.cpp that a context makes: what a binding implements, over a <c>llama_context</c> that it has made and owns.</summary>
/// <remarks>Nothing is checked here, although many errors would make llama.cpp end the process; <see cref="LlamaContext"/> does the checks. Used by one thread only.</remarks>
internal unsafe interface ILlamaCalls : IDisposable
{
    /// <summary><c>llama_decode</c>.</summary>
    /// <param name="tokens">As many as a batch holds at most.</param>
    /// <returns>llama.cpp's status: 0 success, 1 no room, 2 aborted, negative for an error.</returns>
    int Decode(ReadOnlySpan<LlamaToken> tokens);

    /// <summary><c>llama_encode</c> of a whole source.</summary>
    /// <returns>llama.cpp's status: 0 success.</returns>
    int Encode(ReadOnlySpan<LlamaToken> tokens);

    /// <summary>Waits for a computation that continues on a device.</summary>
    void Synchronize();

    /// <summary>The logits (V) of a token of the last evaluation, by its index in it; null if it has none. Valid until the next evaluation.
    /// The first call of an evaluation may move its rows.</summary>
    float* Logits(int token);

    /// <summary>The same, of the row (d) after the final norm.</summary>
    float* Embedding(int token);

    /// <summary>llama.cpp's pooled row of a sequence: (d), or the scores of the classifier.</summary>
    float* PooledRow(int sequence);

    /// <summary>Rows (tokens, d) after the encoder's final norm, of the last source.</summary>
    float* SourceRows();

    /// <summary>Forgets all sequences.</summary>
    void Clear();

    /// <summary>Removes the tokens of a sequence from a position on.</summary>
    /// <returns>Whether the memory of this architecture supports it.</returns>
    bool Remove(int sequence, int from);

    /// <summary>Adds a sequence to the cells of another's first tokens, or copies the whole of it where each has cells of its own.</summary>
    /// <param name="from">The one that has them.</param>
    /// <param name="to">The one that gets them.</param>
    /// <param name="length">Tokens; -1 for all, without which sequences that have cells of their own end the process.</param>
    void Share(int from, int to, int length);

    /// <summary>The last position that a sequence holds; -1 for none.</summary>
    int LastPosition(int sequence);

    /// <summary>A copy of what the memory holds of a sequence.</summary>
    /// <param name="sequence">One that holds tokens.</param>
    /// <param name="header">Bytes left free at the beginning.</param>
    /// <returns>Null if llama.cpp makes none.</returns>
    byte[]? SaveState(int sequence, int header);

    /// <summary>Restores such a copy into a sequence, which is empty if that fails.</summary>
    bool RestoreState(int sequence, ReadOnlySpan<byte> state);
}

/// <summary>A token of an evaluation.</summary>
/// <param name="Id">In the vocabulary.</param>
/// <param name="Position">In its sequence.</param>
/// <param name="WantsRow">Whether its row is read.</param>
internal readonly record struct LlamaToken(int Id, int Position, int Sequence, bool WantsRow);

/// <summary>The callback that lets a context's computation be aborted. It is called between the nodes of a graph, some hundred times per evaluation.</summary>
/// <param name="Callback"><c>llama_context_params.abort_callback</c>.</param>
/// <param name="Data">Its user data.</param>
internal readonly record struct AbortHook(nint Callback, nint Data);
