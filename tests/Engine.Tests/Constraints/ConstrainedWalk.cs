using System.Numerics;
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
            Array.Clear(mask);
            constraint.Allow(mask);
            int allowed = mask.Sum(BitOperations.PopCount);
            if (constraint.MayEnd && (allowed == 0 || i >= freely || random.Next(4) == 0))
            {
                return Encoding.UTF8.GetString([.. bytes]);
            }
            if (allowed == 0)
            {
                Assert.Fail($"Nothing may follow {Encoding.UTF8.GetString([.. bytes])}");
            }
            int token = Find(mask, random.Next(allowed));
            if (i >= freely)
            {
                IReadOnlyList<int>? end = ((IFinishable)constraint).ShortestEnd(null);
                if (end is not { Count: > 0 })
                {
                    Assert.Fail($"No end after {Encoding.UTF8.GetString([.. bytes])}");
                }
                token = end[0];
                Assert.True((mask[token >> 6] & (1UL << (token & 63))) != 0, "The shortest way to the end is not allowed.");
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

    // The allowed token before which there are as many: a list of all would take longer than the mask.
    private static int Find(ulong[] mask, int before)
    {
        int i = 0;
        for (int here; (here = BitOperations.PopCount(mask[i])) <= before; i++)
        {
            before -= here;
        }
        ulong word = mask[i];
        for (; before > 0; before--)
        {
            word &= word - 1;
        }
        return (i * 64) + BitOperations.TrailingZeroCount(word);
    }
}
