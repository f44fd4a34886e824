namespace Engine.Tokenizers.Merging;

/// <summary>Candidates for a merge, smallest order first and leftmost first among equal orders. A binary heap with one number for each.</summary>
internal sealed class MergeQueue(int capacity)
{
    private ulong[] _heap = new ulong[Math.Max(16, capacity)];
    private int _count;

    /// <summary>Adds a candidate without keeping the order; call <see cref="Order"/> afterwards.</summary>
    public void AddUnordered(uint order, int left)
    {
        if (order != uint.MaxValue)
        {
            Reserve();
            _heap[_count++] = ((ulong)order << 32) | (uint)left;
        }
    }

    /// <summary>Restores the order in linear time.</summary>
    public void Order()
    {
        for (int at = (_count / 2) - 1; at >= 0; at--)
        {
            Sink(at);
        }
    }

    /// <summary>Adds a candidate.</summary>
    public void Add(uint order, int left)
    {
        if (order == uint.MaxValue)
        {
            return;
        }
        Reserve();
        ulong added = ((ulong)order << 32) | (uint)left;
        int at = _count++;
        while (at > 0 && _heap[(at - 1) / 2] > added)
        {
            _heap[at] = _heap[(at - 1) / 2];
            at = (at - 1) / 2;
        }
        _heap[at] = added;
    }

    /// <summary>Takes the first candidate.</summary>
    public bool TryTake(out uint order, out int left)
    {
        if (_count == 0)
        {
            (order, left) = (0, 0);
            return false;
        }
        ulong first = _heap[0];
        _heap[0] = _heap[--_count];
        Sink(0);
        (order, left) = ((uint)(first >> 32), (int)(uint)first);
        return true;
    }

    private void Reserve()
    {
        if (_count == _heap.Length)
        {
            Array.Resize(ref _heap, _heap.Length * 2);
        }
    }

    private void Sink(int at)
    {
        ulong sinking = _heap[at];
        for (int child; (child = (2 * at) + 1) < _count; at = child)
        {
            if (child + 1 < _count && _heap[child + 1] < _heap[child])
            {
                child++;
            }
            if (_heap[child] >= sinking)
            {
                break;
            }
            _heap[at] = _heap[child];
        }
        _heap[at] = sinking;
    }
}
