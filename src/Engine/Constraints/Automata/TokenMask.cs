using System.Numerics.Tensors;

namespace Engine.Constraints.Automata;

/// <summary>Which tokens may come next, stored compactly: a set that many masks share, and the 64-token words in which this mask has more.</summary>
/// <param name="common">One bit for each token; null for none.</param>
/// <param name="words">Indices of words that hold more tokens, ascending.</param>
/// <param name="more">These tokens.</param>
/// <param name="doubtful">Tokens that may come or not, depending on the text of the answer.</param>
internal sealed class TokenMask(ulong[]? common, int[] words, ulong[] more, int[] doubtful)
{
    /// <summary>The set it shares with other masks.</summary>
    public ulong[]? Common => common;

    /// <summary>Tokens that are not in the mask, but may come in some answers.</summary>
    public ReadOnlySpan<int> Doubtful => doubtful;

    /// <summary>Its memory, without the shared set.</summary>
    public int Bytes => (words.Length * (sizeof(int) + sizeof(ulong))) + (doubtful.Length * sizeof(int));

    /// <summary>Whether it consists of these parts.</summary>
    public bool Is(ulong[]? commonTokens, ReadOnlySpan<int> wordIndices, ReadOnlySpan<ulong> moreTokens, ReadOnlySpan<int> doubtfulTokens) =>
        ReferenceEquals(common, commonTokens) && wordIndices.SequenceEqual(words) && moreTokens.SequenceEqual(more) && doubtfulTokens.SequenceEqual(doubtful);

    /// <summary>Sets the bits of its tokens and clears all others.</summary>
    public void CopyTo(Span<ulong> tokens)
    {
        if (common is null)
        {
            tokens.Clear();
        }
        else
        {
            common.CopyTo(tokens);
        }
        AddMore(tokens);
    }

    /// <summary>Sets the bits of its tokens.</summary>
    public void AddTo(Span<ulong> tokens)
    {
        if (common is not null)
        {
            TensorPrimitives.BitwiseOr(tokens, common, tokens);
        }
        AddMore(tokens);
    }

    private void AddMore(Span<ulong> tokens)
    {
        for (int i = 0; i < words.Length; i++)
        {
            tokens[words[i]] |= more[i];
        }
    }
}
