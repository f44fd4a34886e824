namespace Engine.Serving;

/// <summary>Sequences that are evaluated together: their keys and values in one cache, their next tokens in one step.</summary>
/// <remarks>
/// Used only by the thread that opened it, except for <see cref="Row"/>. Callers keep these rules, so an implementation need not check them: sequences
/// are within 0 … <see cref="Sequences"/> − 1, token ids within the vocabulary; a step holds a sequence once at most, no more than
/// <see cref="StepTokens"/> tokens in all, and no sequence grows beyond the model's context length.
/// </remarks>
public interface ISequenceBatch : IDisposable
{
    /// <summary>Sequences it holds.</summary>
    int Sequences { get; }

    /// <summary>Tokens that all sequences hold together.</summary>
    int Cells { get; }

    /// <summary>The maximum number of tokens of one step.</summary>
    int StepTokens { get; }

    /// <summary>Whether sequences use one pool of cells, in which a shared prefix takes no additional cells. Otherwise each has
    /// <see cref="Cells"/> / <see cref="Sequences"/> for itself.</summary>
    bool IsUnified => true;

    /// <summary>The minimum number of tokens in a piece of a prompt, so that it does not matter how a prompt was divided; 1 if pieces may be of any size.</summary>
    int SmallestPiece => 1;

    /// <summary>Tokens that a sequence holds.</summary>
    int LengthOf(int sequence);

    /// <summary>Removes the tokens of a sequence from a position on.</summary>
    /// <returns>Whether they were removed. A model that cannot do this (a recurrent one) returns false, unless <paramref name="from"/> is 0.</returns>
    bool TryRemove(int sequence, int from);

    /// <summary>Makes an empty sequence begin with the first tokens of another, without evaluating them again.</summary>
    /// <param name="from">Holds at least <paramref name="length"/> tokens.</param>
    /// <param name="to">Holds none.</param>
    /// <param name="length">Tokens, at least 1.</param>
    /// <returns>Whether it does.</returns>
    bool TryShare(int from, int to, int length);

    /// <summary>One evaluation of tokens after those their sequences hold.</summary>
    /// <param name="chunks">One for each sequence that continues.</param>
    /// <param name="abort">Requests an early end of the evaluation.</param>
    /// <returns>How it ended. After <see cref="StepOutcome.NoRoom"/> no sequence has moved; after <see cref="StepOutcome.Aborted"/> some of the
    /// tokens may be there, and the caller cuts each sequence back.</returns>
    /// <exception cref="EngineException">It failed; the batch is disposed next.</exception>
    StepOutcome Step(IReadOnlyList<SequenceChunk> chunks, CancellationToken abort);

    /// <summary>The logits (V) after the last token of a chunk of the latest step, valid until the next call of another member. May be called
    /// from several threads at once.</summary>
    /// <param name="chunk">Index of a chunk that asked for its row.</param>
    ReadOnlySpan<float> Row(int chunk);

    /// <summary>A copy of a sequence's state, so that <see cref="TryRestore"/> can avoid evaluating its tokens again; null if the backend has none.</summary>
    byte[]? Save(int sequence) => null;

    /// <summary>Restores a state copied by <see cref="Save"/> into an empty sequence.</summary>
    /// <returns>Whether it was restored.</returns>
    bool TryRestore(int sequence, byte[] state) => false;
}

/// <summary>The part of one sequence in a step.</summary>
/// <param name="Sequence">Its number.</param>
/// <param name="Tokens">At least one.</param>
/// <param name="WantsRow">Whether the logits after the last of them are read.</param>
public readonly record struct SequenceChunk(int Sequence, ReadOnlyMemory<int> Tokens, bool WantsRow);

/// <summary>How a step ended.</summary>
public enum StepOutcome
{
    /// <summary>All chunks are evaluated.</summary>
    Done,

    /// <summary>The cells do not suffice; nothing was evaluated.</summary>
    NoRoom,

    /// <summary>The caller asked for it.</summary>
    Aborted,
}
