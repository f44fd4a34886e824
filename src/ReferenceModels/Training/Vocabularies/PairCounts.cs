namespace ReferenceModels.Training.Vocabularies;

/// <summary>Words as symbols, with the counts of symbols and of neighbouring pairs, kept up to date as pairs are merged.</summary>
internal sealed class PairCounts
{
    private readonly int[][] _words;    // each word's symbols, of which the first _lengths[i] are in use
    private readonly int[] _lengths;
    private readonly long[] _frequencies;
    private readonly Dictionary<Pair, Place> _pairs = [];
    private readonly List<long> _symbols = [];

    public PairCounts(IReadOnlyList<(int[] Symbols, long Count)> words)
    {
        _words = [.. words.Select(word => word.Symbols)];
        _lengths = [.. words.Select(word => word.Symbols.Length)];
        _frequencies = [.. words.Select(word => word.Count)];
        for (int word = 0; word < _words.Length; word++)
        {
            int[] symbols = _words[word];
            for (int i = 0; i < symbols.Length; i++)
            {
                AddToSymbol(symbols[i], _frequencies[word]);
                if (i > 0)
                {
                    Add(new Pair(symbols[i - 1], symbols[i]), word, _frequencies[word]);
                }
            }
        }
    }

    /// <summary>Two neighbours.</summary>
    public readonly record struct Pair(int First, int Second) : IComparable<Pair>
    {
        public int CompareTo(Pair other) => First != other.First ? First.CompareTo(other.First) : Second.CompareTo(other.Second);
    }

    /// <summary>All pairs that occur or have occurred.</summary>
    public IEnumerable<Pair> Pairs => _pairs.Keys;

    public long Of(Pair pair) => _pairs.TryGetValue(pair, out Place? place) ? place.Count : 0;

    public long OfSymbol(int symbol) => symbol < _symbols.Count ? _symbols[symbol] : 0;

    /// <summary>Replaces a pair by one symbol wherever it occurs, from left to right.</summary>
    /// <param name="pair">The pair.</param>
    /// <param name="merged">The symbol.</param>
    /// <param name="changed">Receives every pair whose count changed.</param>
    public void Merge(Pair pair, int merged, HashSet<Pair> changed)
    {
        if (!_pairs.Remove(pair, out Place? place))
        {
            return;
        }
        foreach (int word in place.Words)
        {
            Merge(word, pair, merged, changed);
        }
        changed.Add(pair);
    }

    private void Merge(int word, Pair pair, int merged, HashSet<Pair> changed)
    {
        int[] symbols = _words[word];
        int length = _lengths[word];
        long frequency = _frequencies[word];
        int kept = 0;
        for (int i = 0; i < length; i++)
        {
            if (i + 1 >= length || symbols[i] != pair.First || symbols[i + 1] != pair.Second)
            {
                symbols[kept++] = symbols[i];
                continue;
            }
            if (kept > 0)
            {
                Change(new Pair(symbols[kept - 1], pair.First), -frequency);
                Change(new Pair(symbols[kept - 1], merged), frequency);
            }
            if (i + 2 < length)
            {
                // If the same pair follows, the next step merges it and takes this count back.
                Change(new Pair(pair.Second, symbols[i + 2]), -frequency);
                Change(new Pair(merged, symbols[i + 2]), frequency);
            }
            AddToSymbol(pair.First, -frequency);
            AddToSymbol(pair.Second, -frequency);
            AddToSymbol(merged, frequency);
            symbols[kept++] = merged;
            i++;
        }
        _lengths[word] = kept;

        void Change(Pair neighbours, long by)
        {
            if (neighbours != pair)
            {
                Add(neighbours, word, by);
                changed.Add(neighbours);
            }
        }
    }

    private void Add(Pair pair, int word, long by)
    {
        if (!_pairs.TryGetValue(pair, out Place? place))
        {
            _pairs.Add(pair, place = new Place());
        }
        place.Count += by;
        if (by > 0 && (place.Words.Count == 0 || place.Words[^1] != word))
        {
            place.Words.Add(word);
        }
    }

    private void AddToSymbol(int symbol, long by)
    {
        while (_symbols.Count <= symbol)
        {
            _symbols.Add(0);
        }
        _symbols[symbol] += by;
    }

    /// <summary>How often a pair occurs, and the words it may occur in: some no longer contain it, some are listed twice.</summary>
    private sealed class Place
    {
        public long Count { get; set; }

        public List<int> Words { get; } = [];
    }
}
