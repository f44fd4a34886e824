namespace Engine.Tokenizers;

/// <summary>Sorts equal elements into the same order as <c>std::sort</c> of the C++ library in llama.cpp's builds (GNU's): introsort
/// (Musser 1997), median of three, runs of 16 left to an insertion sort. llama.cpp cuts special tokens of equal length out of
/// a text in that order. The order matters if they overlap, or if one swallows the blanks that another consists of.</summary>
internal static class UnstableSort
{
    private const int ShortRun = 16;

    /// <summary>Sorts in place, the largest key first.</summary>
    public static void Descending(Span<int> items, Func<int, int> key)
    {
        Span<(int Key, int Item)> pairs = new (int, int)[items.Length];
        for (int i = 0; i < items.Length; i++)
        {
            pairs[i] = (key(items[i]), items[i]);
        }
        Part(pairs, 2 * System.Numerics.BitOperations.Log2((uint)Math.Max(1, items.Length)));
        Insert(pairs);
        for (int i = 0; i < items.Length; i++)
        {
            items[i] = pairs[i].Item;
        }
    }

    private static void Part(Span<(int Key, int Item)> pairs, int depth)
    {
        while (pairs.Length > ShortRun)
        {
            if (depth-- == 0)
            {
                // Here GNU's library switches to a heap sort. No known vocabulary gets this far; this only keeps a hostile one from taking n² steps.
                pairs.Sort((a, b) => a.Key != b.Key ? b.Key.CompareTo(a.Key) : a.Item.CompareTo(b.Item));
                return;
            }
            MedianToFront(pairs, 1, pairs.Length / 2, pairs.Length - 1);
            int cut = Split(pairs);
            Part(pairs[cut..], depth);
            pairs = pairs[..cut];
        }
    }

    private static void MedianToFront(Span<(int Key, int Item)> pairs, int a, int b, int c)
    {
        (int x, int y, int z) = (pairs[a].Key, pairs[b].Key, pairs[c].Key);
        int median = x > y ? y > z ? b : x > z ? c : a
            : x > z ? a : y > z ? c : b;
        (pairs[0], pairs[median]) = (pairs[median], pairs[0]);
    }

    private static int Split(Span<(int Key, int Item)> pairs)
    {
        int pivot = pairs[0].Key;
        int left = 1;
        int right = pairs.Length;
        while (true)
        {
            while (pairs[left].Key > pivot)
            {
                left++;
            }
            do
            {
                right--;
            }
            while (pivot > pairs[right].Key);
            if (left >= right)
            {
                return left;
            }
            (pairs[left], pairs[right]) = (pairs[right], pairs[left]);
            left++;
        }
    }

    private static void Insert(Span<(int Key, int Item)> pairs)
    {
        for (int i = 1; i < pairs.Length; i++)
        {
            (int Key, int Item) inserted = pairs[i];
            int at = i;
            while (at > 0 && inserted.Key > pairs[at - 1].Key)
            {
                pairs[at] = pairs[at - 1];
                at--;
            }
            pairs[at] = inserted;
        }
    }
}
