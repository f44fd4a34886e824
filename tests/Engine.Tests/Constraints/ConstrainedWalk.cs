using System.Text;

namespace Engine.Tests.Constraints;

/// <summary>Answers of a model that knows nothing: each token drawn evenly from those that the constraint allows.</summary>
internal static class ConstrainedWalk
{
    private const int MaxTokens = 4_000;

    /// <summary>One whole answer: after some tokens the shortest way to its end is taken.</summary>
    public static string Answer(ITokenizer tokenizer, IConstraint constraint, Random random, int freely = 40)
    {
        var mask = new ulong[(tokenizer.VocabularySize + 63) / 64];
        var bytes = new List<byte>();
        for (int i = 0; i < MaxTokens; i++)
        {
            int[] allowed = Allowed(constraint, mask);
            if (constraint.MayEnd && (allowed.Length == 0 || i >= freely || random.Next(4) == 0))
            {
                return Encoding.UTF8.GetString([.. bytes]);
            }
            Assert.True(allowed.Length > 0, $"Nothing may follow {Encoding.UTF8.GetString([.. bytes])}");
            int token = allowed[random.Next(allowed.Length)];
            if (i >= freely)
            {
                IReadOnlyList<int>? end = ((IFinishable)constraint).ShortestEnd(null);
                Assert.True(end is { Count: > 0 }, $"No end after {Encoding.UTF8.GetString([.. bytes])}");
                token = end![0];
                Assert.Contains(token, allowed);
            }
            constraint.Accept(token);
            bytes.AddRange(tokenizer.GetBytes(token).Span);
        }
        throw new InvalidOperationException($"No end in {MaxTokens} tokens: {Encoding.UTF8.GetString([.. bytes])[..200]}");
    }

    /// <summary>Whether a constraint lets a text through, split by the tokenizer, and lets it end.</summary>
    public static bool Accepts(ITokenizer tokenizer, IConstraint constraint, string text) => Accepts(tokenizer, constraint, tokenizer.Encode(text, addSpecial: false));

    public static bool Accepts(ITokenizer tokenizer, IConstraint constraint, IEnumerable<int> tokens)
    {
        var mask = new ulong[(tokenizer.VocabularySize + 63) / 64];
        foreach (int token in tokens)
        {
            Array.Clear(mask);
            constraint.Allow(mask);
            if ((mask[token >> 6] & (1UL << (token & 63))) == 0)
            {
                return false;
            }
            constraint.Accept(token);
        }
        return constraint.MayEnd;
    }

    public static int[] Allowed(IConstraint constraint, ulong[] mask)
    {
        Array.Clear(mask);
        constraint.Allow(mask);
        var allowed = new List<int>();
        for (int i = 0; i < mask.Length; i++)
        {
            for (ulong word = mask[i]; word != 0; word &= word - 1)
            {
                allowed.Add((i * 64) + System.Numerics.BitOperations.TrailingZeroCount(word));
            }
        }
        return [.. allowed];
    }
}
