namespace Engine.Generation;

/// <summary>A backend's loaded weights, from which sessions are made.</summary>
internal interface ILoadedModel : IDisposable
{
    /// <summary>What is loaded.</summary>
    ModelCard Card { get; }

    /// <summary>Its tokenizer.</summary>
    ITokenizer Tokenizer { get; }

    /// <summary>What the log should say of the file: a sentence for each value in it that is not used.</summary>
    IReadOnlyList<string> Notices => [];

    /// <summary>The kind whose sessions compute as those of <paramref name="kind"/> do: kinds that a backend does not tell apart share one session.</summary>
    SessionKind Shared(SessionKind kind) => kind with { Arithmetic = Arithmetic.Exact };

    /// <summary>Makes a session. Called on the thread that will own it.</summary>
    /// <exception cref="InsufficientMemoryException">The context would not fit the memory; both numbers are in it.</exception>
    ISession CreateSession(SessionKind kind);

    /// <summary>Names what to call, at most once, when the backend has failed beyond repair in a way nothing foresaw.
    /// The thread it failed on makes the call and then never returns. A managed backend has no such case.</summary>
    void OnFailure(Action<NativeFailureException> handler) { }
}

/// <summary>What a session is for; sessions of different kinds are different contexts.</summary>
/// <param name="Numerics">How exactly it computes.</param>
/// <param name="Embeds">Whether it gives embeddings instead of logits.</param>
/// <param name="Taps">Whether it hands out activations.</param>
/// <param name="Arithmetic">How it computes products, where the backend knows several arithmetics.</param>
internal readonly record struct SessionKind(Numerics Numerics, bool Embeds = false, bool Taps = false, Arithmetic Arithmetic = Arithmetic.Exact);
