namespace Engine.Serving;

/// <summary>A backend's loaded weights: what a backend implements. <c>ServedModel</c> makes an <see cref="IModel"/> of it, and
/// brings checks, queueing, batching, cancellation, sampling and text.</summary>
/// <remarks>Batches and passes belong to the thread that opened them, from the opening to the disposal. The model is disposed after them.</remarks>
public interface ILoadedModel : IDisposable
{
    /// <summary>What is loaded.</summary>
    ModelCard Card { get; }

    /// <summary>Its tokenizer.</summary>
    ITokenizer Tokenizer { get; }

    /// <summary>Sentences for the log about values of the file that are not used.</summary>
    IReadOnlyList<string> Notices => [];

    /// <summary>Whether <see cref="OpenBatch"/> can be called. Without a batch, requests run one after the other on passes.</summary>
    bool HasBatch => false;

    /// <summary>Opens the one batch in which generations run side by side.</summary>
    /// <param name="shape">How many sequences it holds, and how many tokens in all.</param>
    /// <exception cref="InsufficientMemoryException">It would not fit the memory; both numbers are in it.</exception>
    ISequenceBatch OpenBatch(BatchShape shape) => throw new NotSupportedException($"{Card.Backend} has no batch.");

    /// <summary>Opens a pass, which serves one request at a time.</summary>
    /// <param name="kind">Its kind, as returned by <see cref="Shared"/>.</param>
    /// <exception cref="InsufficientMemoryException">It would not fit the memory; both numbers are in it.</exception>
    IPass OpenPass(PassKind kind);

    /// <summary>The kind whose passes serve <paramref name="kind"/>: kinds that a backend does not tell apart share one pass.</summary>
    PassKind Shared(PassKind kind) => kind with { Arithmetic = Arithmetic.Exact };

    /// <summary>Sets what to call, at most once, when native code has failed beyond repair on a thread that will never return. A managed
    /// backend has no such case.</summary>
    /// <param name="handler">Fails all requests of the model. Does not wait.</param>
    void OnFailure(Action<NativeFailureException> handler) { }
}

/// <summary>Sizes of a batch.</summary>
/// <param name="Sequences">Sequences it holds, numbered from 0.</param>
/// <param name="Cells">Tokens that all sequences hold together; no sequence holds more than the model's context length.</param>
public sealed record BatchShape(int Sequences, int Cells);

/// <summary>The purpose of a pass. Passes of different kinds are different contexts.</summary>
/// <param name="Numerics">How exactly it computes.</param>
/// <param name="Embeds">Whether it gives embeddings instead of logits.</param>
/// <param name="Taps">Whether it hands out activations.</param>
/// <param name="Arithmetic">How it computes products, where the backend knows several arithmetics.</param>
public readonly record struct PassKind(Numerics Numerics, bool Embeds = false, bool Taps = false, Arithmetic Arithmetic = Arithmetic.Exact);
