namespace Engine;

/// <summary>One answer under a constraint: says which tokens may come next, and hears which one came.</summary>
/// <remarks>Called from one thread at a time, on the thread that evaluates the model: every other request waits meanwhile.</remarks>
public interface IConstraint
{
    /// <summary>Whether the answer may end here. Tokens that end a generation are allowed exactly then, whatever <see cref="Allow"/> says.</summary>
    bool MayEnd { get; }

    /// <summary>Says which tokens may come next. Where none may, the answer ends.</summary>
    /// <param name="tokens">Room for V bits, all zero: token t is bit t mod 64 of word t / 64. Set the bits of the allowed ones.</param>
    void Allow(Span<ulong> tokens);

    /// <summary>Hears of the token that was chosen: one of those that were allowed, and not one that ends the answer.</summary>
    void Accept(int token);
}
