using Engine.Sampling;

namespace Engine.Shadow;

/// <summary>Copies what a check needs from a generation's steps, on the thread that computes them: the largest logits of each, and the whole row
/// of a few, chosen uniformly among all steps however many there will be (reservoir sampling).</summary>
/// <param name="fullRows">Rows that are kept.</param>
/// <param name="topK">Logits that are kept of each step.</param>
/// <param name="seed">Chooses the rows.</param>
internal sealed class StepRecorder(int fullRows, int topK, ulong seed) : IStepTap
{
    private readonly Lock _lock = new();
    private readonly List<int> _tokens = [];
    private readonly List<IReadOnlyList<(int, float)>> _largest = [];
    private readonly List<(int Step, float[] Row)> _rows = [];
    private readonly Xoshiro256 _random = new(seed);
    private bool _isClosed;

    /// <summary>Ids of the prompt; null if they are not known.</summary>
    public IReadOnlyList<int>? Prompt { get; private set; }

    public void Begin(IReadOnlyList<int> prompt) => Prompt = prompt;

    public void Take(int token, ReadOnlySpan<float> logits)
    {
        lock (_lock)
        {
            if (_isClosed)
            {
                return; // the reader has left, and the step under way ended after it
            }
            int step = _tokens.Count;
            _tokens.Add(token);
            _largest.Add(Largest(logits));
            int place = step < fullRows ? step : (int)(_random.NextCoin() * (step + 1));
            if (place >= fullRows)
            {
                return;
            }
            if (place == _rows.Count)
            {
                _rows.Add((step, logits.ToArray()));
                return;
            }
            float[] row = _rows[place].Row;
            logits.CopyTo(row);
            _rows[place] = (step, row);
        }
    }

    /// <summary>Ends the recording and returns what was recorded.</summary>
    public StepRecord Close()
    {
        lock (_lock)
        {
            _isClosed = true;
            return new StepRecord(_tokens, _largest, _rows.ToDictionary(row => row.Step, row => row.Row));
        }
    }

    private (int, float)[] Largest(ReadOnlySpan<float> logits)
    {
        var keys = new ulong[Math.Min(topK, logits.Length)];
        LargestLogits.Select(logits, keys);
        var largest = new (int, float)[keys.Length];
        for (int i = 0; i < keys.Length; i++)
        {
            int token = LargestLogits.TokenOf(keys[i]);
            largest[i] = (token, logits[token]);
        }
        return largest;
    }
}
