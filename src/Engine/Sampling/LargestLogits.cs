using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace Engine.Sampling;

/// <summary>Finds the k largest logits without sorting the vocabulary: one vectorized pass over V against the smallest
/// of the k found so far, which are kept in a heap.</summary>
/// <remarks>A candidate is one integer, its key: the logit's bits, transformed so that a larger logit is a smaller number,
/// above the token id. Ascending keys are descending logits with the lower id first among equals, so the order is
/// total and no tie depends on the sorting algorithm.</remarks>
internal static class LargestLogits
{
    public static int TokenOf(ulong key) => (int)(uint)key;

    public static ulong KeyOf(float logit, int token)
    {
        // Adding +0 turns -0 into +0, which compare as equal.
        uint bits = BitConverter.SingleToUInt32Bits(logit + 0f);
        uint ascending = (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
        return ((ulong)~ascending << 32) | (uint)token;
    }

    /// <summary>Writes the keys of the largest logits in order; as many as <paramref name="keys"/> holds (at most V).</summary>
    public static void Select(ReadOnlySpan<float> logits, Span<ulong> keys)
    {
        int k = keys.Length;
        for (int i = 0; i < k; i++)
        {
            keys[i] = KeyOf(logits[i], i);
        }
        if (k < logits.Length && k > 0)
        {
            KeepLargest(logits, keys);
        }
        keys.Sort();
    }

    // keys is a binary heap with the worst candidate, the largest key, at its root.
    private static void KeepLargest(ReadOnlySpan<float> logits, Span<ulong> keys)
    {
        for (int i = keys.Length / 2 - 1; i >= 0; i--)
        {
            SiftDown(keys, i);
        }
        ref float start = ref MemoryMarshal.GetReference(logits);
        float worst = logits[TokenOf(keys[0])];
        int t = keys.Length;
        while (t < logits.Length)
        {
            if (t + Vector256<float>.Count <= logits.Length &&
                !Vector256.GreaterThanAny(Vector256.LoadUnsafe(ref start, (nuint)t), Vector256.Create(worst)))
            {
                t += Vector256<float>.Count;
                continue;
            }
            // The vector holds a candidate, or less than a vector is left: continue one by one to the next multiple.
            int end = Math.Min(t + Vector256<float>.Count, logits.Length);
            for (; t < end; t++)
            {
                if (logits[t] > worst)
                {
                    keys[0] = KeyOf(logits[t], t);
                    SiftDown(keys, 0);
                    worst = logits[TokenOf(keys[0])];
                }
            }
        }
    }

    private static void SiftDown(Span<ulong> heap, int i)
    {
        ulong key = heap[i];
        for (int child = 2 * i + 1; child < heap.Length; child = 2 * i + 1)
        {
            if (child + 1 < heap.Length && heap[child + 1] > heap[child])
            {
                child++;
            }
            if (heap[child] <= key)
            {
                break;
            }
            heap[i] = heap[child];
            i = child;
        }
        heap[i] = key;
    }
}
