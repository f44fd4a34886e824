namespace Engine.Generation;

/// <summary>Applies a constraint to one answer: the mask of its next token, and the shortest way to an end when tokens run out.</summary>
internal sealed class ConstrainedAnswer
{
    private const int Margin = 16; // tokens; a byte takes at most one

    private readonly IConstraint _constraint;
    private readonly IFinishable? _finishable;
    private readonly ulong[] _mask;
    private readonly int[] _ends;

    /// <param name="constraint">The constraint, used by this answer alone.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="ends">The tokens that may end it where the constraint lets it end; empty for none.</param>
    /// <param name="alwaysValid">Whether the answer must be complete when its tokens run out.</param>
    public ConstrainedAnswer(IConstraint constraint, int vocabulary, int[] ends, bool alwaysValid)
    {
        _constraint = constraint;
        _finishable = !alwaysValid ? null : constraint as IFinishable ?? throw new UnsupportedRequestException(
            "Generating under a constraint: AlwaysValid needs a constraint that the engine makes; the request brings custom code. Leave AlwaysValid out.");
        _mask = new ulong[(vocabulary + 63) / 64];
        _ends = ends;
    }

    /// <summary>The tokens that may come next, one bit each.</summary>
    public ReadOnlySpan<ulong> Mask => _mask;

    /// <summary>Prepares for the first token.</summary>
    /// <param name="tokensLeft">How many the answer may get.</param>
    /// <exception cref="UnsupportedRequestException">The constraint leaves no token, or none of its answers is that short.</exception>
    public void Begin(int tokensLeft)
    {
        FindMask();
        if (_finishable is not null && !IsEnough(tokensLeft, null, out IReadOnlyList<int>? end))
        {
            throw new UnsupportedRequestException(
                $"Generating a complete answer: expected room for its shortest form, {(end is null ? "which could not be found" : $"of {end.Count} tokens")}, found room for {tokensLeft}. Ask for more tokens (MaxTokens), or a smaller answer.");
        }
    }

    /// <summary>The token that was drawn or, if the answer could not be completed in time after it, the first token of the shortest end.</summary>
    /// <param name="drawn">One of those that may come next.</param>
    /// <param name="tokensLeft">How many may come after it.</param>
    public int Choose(int drawn, int tokensLeft) =>
        _finishable is null || _ends.Contains(drawn) || IsEnough(tokensLeft, drawn, out _) ? drawn
        : _finishable.ShortestEnd(null) is [int first, ..] ? first
        : _ends.Length > 0 ? _ends[0] : drawn;

    /// <summary>Continues after a token that does not end the answer. True if nothing may follow it.</summary>
    /// <exception cref="UnsupportedRequestException">The constraint leaves no token.</exception>
    public bool Accept(int token)
    {
        _constraint.Accept(token);
        return !FindMask();
    }

    // Counting bytes is faster than finding tokens, and no text takes more tokens than bytes.
    private bool IsEnough(int tokens, int? after, out IReadOnlyList<int>? end)
    {
        end = null;
        if (_finishable!.FewestBytes(after) is var bytes && (bytes == 0 ? tokens >= 0 : 2L * bytes + Margin <= tokens))
        {
            return true;
        }
        end = _finishable.ShortestEnd(after);
        return end is not null && end.Count <= tokens;
    }

    // False if the answer is complete.
    private bool FindMask()
    {
        Array.Clear(_mask);
        _constraint.Allow(_mask);
        bool any = _mask.AsSpan().ContainsAnyExcept(0UL);
        if (!_constraint.MayEnd)
        {
            return any ? true : throw new UnsupportedRequestException(
                "Keeping an answer to its constraint: expected a token that may come next, found none in the vocabulary. Change the constraint, or use another model.");
        }
        foreach (int end in _ends)
        {
            _mask[end >> 6] |= 1UL << (end & 63);
        }
        return any;
    }
}
