namespace Engine;

/// <summary>The constraint on one answer: it says which tokens may come next, and learns which one was chosen.</summary>
/// <remarks>Called by one thread at a time, the one that evaluates the model: all other requests wait meanwhile.</remarks>
public interface IConstraint
{
    /// <summary>Whether the answer may end here. Tokens that end a generation are allowed exactly then, whatever <see cref="Allow"/> says.</summary>
    bool MayEnd { get; }

    /// <summary>Says which tokens may come next. If none may, the answer ends.</summary>
    /// <param name="tokens">Room for V bits, all zero: token t is bit t mod 64 of word t / 64. Set the bits of the allowed ones.</param>
    void Allow(Span<ulong> tokens);

    /// <summary>Takes the chosen token: one of those allowed, and not one that ends the answer.</summary>
    void Accept(int token);
}
