namespace Engine.Serving;

/// <summary>Counts which cells of a batch's cache its sequences hold, mirroring what a backend does. If cells are one pool, a shared prefix
/// is held by several sequences and counts once.</summary>
/// <param name="sequences">The number of sequences of the batch.</param>
/// <param name="cells">The total number of cells.</param>
/// <param name="isUnified">Whether the cells are one pool; otherwise each sequence has an equal part for itself.</param>
internal sealed class CellLedger(int sequences, int cells, bool isUnified)
{
    private readonly List<Cell>[] _held = [.. Enumerable.Range(0, sequences).Select(_ => new List<Cell>())];

    /// <summary>Cells that some sequence holds.</summary>
    public int Used { get; private set; }

    /// <summary>Tokens that a sequence holds.</summary>
    public int LengthOf(int sequence) => _held[sequence].Count;

    /// <summary>The number of cells that removing a sequence would free.</summary>
    public int OwnCells(int sequence) => _held[sequence].Count(cell => cell.Holders == 1);

    /// <summary>Cells that a sequence can still take.</summary>
    public int FreeFor(int sequence) => isUnified ? cells - Used : cells / sequences - _held[sequence].Count;

    /// <summary>Notes that a sequence grows by some tokens.</summary>
    public void Append(int sequence, int tokens)
    {
        for (int i = 0; i < tokens; i++)
        {
            _held[sequence].Add(new Cell { Holders = 1 });
        }
        Used += tokens;
    }

    /// <summary>Notes that a sequence loses its tokens from a position on.</summary>
    public void Cut(int sequence, int from)
    {
        List<Cell> held = _held[sequence];
        for (int i = from; i < held.Count; i++)
        {
            Used -= --held[i].Holders == 0 ? 1 : 0;
        }
        held.RemoveRange(from, held.Count - from);
    }

    /// <summary>Notes that an empty sequence now begins with another's first tokens.</summary>
    public void Share(int from, int to, int length)
    {
        if (!isUnified)
        {
            Append(to, length);
            return;
        }
        for (int i = 0; i < length; i++)
        {
            _held[from][i].Holders++;
            _held[to].Add(_held[from][i]);
        }
    }

    private sealed class Cell
    {
        public int Holders { get; set; }
    }
}
