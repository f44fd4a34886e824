using System.Runtime.CompilerServices;

namespace Engine.Tokenizers.Merging;

/// <summary>Byte-pair encoding (Sennrich et al. 2016, https://arxiv.org/abs/1508.07909): merges neighbours, first the pair of
/// the smallest order and, among equal orders, the leftmost, until none is left.</summary>
internal static class PairMerging
{
    /// <summary>Up to this length, scanning all pairs again is faster than a queue.</summary>
    public const int ShortWord = 64;

    /// <summary>Merges in place, in n² steps for a short word and n log n for a long one.</summary>
    /// <returns>How many symbols are left, from the front.</returns>
    public static int Run<TRule>(scoped ref TRule rule, scoped Span<Symbol> symbols) where TRule : IMergeRule, allows ref struct =>
        symbols.Length <= ShortWord ? RunShort(ref rule, symbols) : RunLong(ref rule, symbols);

    [SkipLocalsInit]
    private static int RunShort<TRule>(scoped ref TRule rule, scoped Span<Symbol> symbols) where TRule : IMergeRule, allows ref struct
    {
        int count = symbols.Length;
        Span<Merge> merges = stackalloc Merge[ShortWord]; // of each symbol with the next
        for (int left = 0; left < count - 1; left++)
        {
            merges[left] = rule.Join(symbols[left], symbols[left + 1]);
        }
        while (count > 1)
        {
            int best = 0;
            uint order = merges[0].Order;
            for (int left = 1; left < count - 1; left++)
            {
                if (merges[left].Order < order)
                {
                    (best, order) = (left, merges[left].Order);
                }
            }
            if (order == uint.MaxValue)
            {
                break;
            }
            symbols[best] = new Symbol(symbols[best].Start, symbols[best].Length + symbols[best + 1].Length, merges[best].Piece);
            symbols[(best + 2)..count].CopyTo(symbols[(best + 1)..]);
            if (best + 2 < count)
            {
                merges[(best + 2)..(count - 1)].CopyTo(merges[(best + 1)..]);
            }
            count--;
            if (best > 0)
            {
                merges[best - 1] = rule.Join(symbols[best - 1], symbols[best]);
            }
            if (best < count - 1)
            {
                merges[best] = rule.Join(symbols[best], symbols[best + 1]);
            }
        }
        return count;
    }

    private static int RunLong<TRule>(scoped ref TRule rule, scoped Span<Symbol> symbols) where TRule : IMergeRule, allows ref struct
    {
        var next = new int[symbols.Length];
        var previous = new int[symbols.Length];
        var queue = new MergeQueue(symbols.Length);
        for (int at = 0; at < symbols.Length; at++)
        {
            previous[at] = at - 1;
            next[at] = at + 1 < symbols.Length ? at + 1 : -1;
            if (at > 0)
            {
                queue.AddUnordered(rule.Join(symbols[at - 1], symbols[at]).Order, at - 1);
            }
        }
        queue.Order();
        while (queue.TryTake(out uint order, out int left))
        {
            int right = next[left];
            // The candidate is stale unless the two symbols there now have this order.
            if (symbols[left].Length == 0 || right < 0 || rule.Join(symbols[left], symbols[right]) is var merge && merge.Order != order)
            {
                continue;
            }
            symbols[left] = new Symbol(symbols[left].Start, symbols[left].Length + symbols[right].Length, merge.Piece);
            symbols[right] = default;
            next[left] = next[right];
            if (next[left] >= 0)
            {
                previous[next[left]] = left;
                queue.Add(rule.Join(symbols[left], symbols[next[left]]).Order, left);
            }
            if (previous[left] >= 0)
            {
                queue.Add(rule.Join(symbols[previous[left]], symbols[left]).Order, previous[left]);
            }
        }
        int count = 0;
        for (int at = 0; at >= 0; at = next[at])
        {
            symbols[count++] = symbols[at];
        }
        return count;
    }
}

/// <summary>A stretch of text that is one unit for the merges.</summary>
/// <param name="Start">The first byte.</param>
/// <param name="Length">The number of bytes; 0 if it was merged into its left neighbour.</param>
/// <param name="Piece">Its number in the vocabulary, or -1.</param>
internal readonly record struct Symbol(int Start, int Length, int Piece);
