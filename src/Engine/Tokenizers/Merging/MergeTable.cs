using System.Runtime.CompilerServices;

namespace Engine.Tokenizers.Merging;

/// <summary>The merges of a byte-level BPE vocabulary: two pieces → rank and merged piece. A hash table with open addressing.</summary>
internal sealed class MergeTable : IMergeRule
{
    private readonly (ulong Pair, Merge Merge)[] _slots; // a free slot has Merge.None

    /// <summary>An empty table with room for some merges.</summary>
    public MergeTable(int capacity)
    {
        _slots = new (ulong, Merge)[(int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)Math.Max(16, capacity) * 2)];
        Array.Fill(_slots, (0UL, Merge.None));
    }

    /// <summary>Adds a merge. If a pair has two, the first one counts.</summary>
    public void Add(int left, int right, int rank, int merged)
    {
        ulong pair = Pair(left, right);
        int slot = Slot(pair);
        while (_slots[slot].Merge.Piece >= 0)
        {
            if (_slots[slot].Pair == pair)
            {
                return;
            }
            slot = (slot + 1) & (_slots.Length - 1);
        }
        _slots[slot] = (pair, new Merge((uint)rank, merged));
    }

    /// <inheritdoc/>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public Merge Join(Symbol left, Symbol right)
    {
        ulong pair = Pair(left.Piece, right.Piece);
        (ulong Pair, Merge Merge)[] slots = _slots;
        for (int slot = Slot(pair); ; slot = (slot + 1) & (slots.Length - 1))
        {
            ref readonly (ulong Pair, Merge Merge) found = ref slots[slot];
            if (found.Merge.Piece < 0 || found.Pair == pair)
            {
                return found.Merge;
            }
        }
    }

    private static ulong Pair(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private int Slot(ulong pair) => (int)((pair * 0x9E3779B97F4A7C15UL) >> 36) & (_slots.Length - 1);
}
