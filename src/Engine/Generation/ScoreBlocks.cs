using Engine.Sampling;

namespace Engine.Generation;

/// <summary>Gathers the rows of one score request into blocks of the requested form.</summary>
internal sealed class ScoreBlocks
{
    private const long BlockBytes = 256L << 20; // a block of logits is one array, whatever BlockRows says

    private readonly ScoreRequest _request;
    private readonly int[] _tokens;
    private readonly int _vocabulary;
    private readonly Action<ScoreBlock> _emit;
    private readonly List<ScoreBlock>? _withheld;
    private readonly int _blockRows;
    private int _position;
    private int _rows;
    private float[] _values = [];
    private List<IReadOnlyList<TokenLogProbability>> _topK = [];

    /// <param name="request">The request, already checked.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="emit">Receives each block when it is full.</param>
    /// <exception cref="InvalidRequestException">The requested positions are not among the tokens.</exception>
    public ScoreBlocks(ScoreRequest request, int[] tokens, int vocabulary, Action<ScoreBlock> emit)
    {
        _request = request;
        _tokens = tokens;
        _vocabulary = vocabulary;
        _emit = emit;
        // Activations are complete only at the end of the pass and belong to the first block, so the blocks wait for them.
        _withheld = request.Activations.Count > 0 ? [] : null;
        _blockRows = request.Form == ScoreForm.Logits
            ? (int)Math.Min(request.BlockRows, Math.Max(1, BlockBytes / (sizeof(float) * (long)vocabulary)))
            : request.BlockRows;
        First = _position = request.FirstPosition;
        int available = tokens.Length - First;
        if (available <= 0 || request.PositionCount > available)
        {
            throw new InvalidRequestException(
                $"Reading a score request: expected positions within the {tokens.Length} tokens, " +
                $"found {request.PositionCount?.ToString() ?? "all"} from position {First}. Correct FirstPosition or PositionCount.");
        }
        Count = request.PositionCount ?? available;
        if (request.Form == ScoreForm.TargetLogProbability && Count == available && --Count == 0)
        {
            throw new InvalidRequestException(
                $"Reading a score request: expected a token after position {First}, whose log-probability is asked for, " +
                $"found {tokens.Length} tokens in all. Send at least one more.");
        }
    }

    /// <summary>First position to compute.</summary>
    public int First { get; }

    /// <summary>Number of positions to compute.</summary>
    public int Count { get; private set; }

    /// <summary>Adds the next row of logits (V).</summary>
    /// <exception cref="NonFiniteLogitsException">A logit is NaN or infinite.</exception>
    public void Add(ReadOnlySpan<float> row)
    {
        LogitRow.RequireFinite(row);
        if (_rows == 0)
        {
            int rows = Math.Min(_blockRows, First + Count - _position);
            _values = _request.Form switch
            {
                ScoreForm.Logits => new float[rows * _vocabulary],
                ScoreForm.TargetLogProbability => new float[rows],
                _ => [],
            };
        }
        switch (_request.Form)
        {
            case ScoreForm.Logits:
                row.CopyTo(_values.AsSpan(_rows * _vocabulary));
                break;
            case ScoreForm.TargetLogProbability:
                _values[_rows] = (float)(row[_tokens[_position + _rows + 1]] - LogitRow.LogSumExp(row));
                break;
            default:
                _topK.Add(LogitRow.MostProbable(row, _request.TopK));
                break;
        }
        _rows++;
        if (_rows == _blockRows || _position + _rows == First + Count)
        {
            Flush();
        }
    }

    /// <summary>Ends the answer by emitting the withheld blocks, the first one with the activations.</summary>
    public void Finish(IReadOnlyList<Activation> activations)
    {
        for (int i = 0; i < _withheld?.Count; i++)
        {
            _emit(i == 0 ? _withheld[i] with { Activations = activations } : _withheld[i]);
        }
    }

    private void Flush()
    {
        var block = new ScoreBlock
        {
            FirstPosition = _position,
            Rows = _rows,
            Vocabulary = _vocabulary,
            Logits = _request.Form == ScoreForm.Logits ? _values : null,
            TargetLogProbabilities = _request.Form == ScoreForm.TargetLogProbability ? _values : null,
            TopK = _request.Form == ScoreForm.TopK ? _topK : null,
        };
        _position += _rows;
        _rows = 0;
        _topK = [];
        if (_withheld is null)
        {
            _emit(block);
        }
        else
        {
            _withheld.Add(block);
        }
    }
}
