using System.Runtime.CompilerServices;

namespace Engine.Parity;

/// <summary>Reads one side's rows of logits one after another, whatever its blocks are, and holds one block at a time.</summary>
internal sealed class RowReader : IAsyncDisposable
{
    /// <summary>About what one block of one side may take.</summary>
    private const int BlockBytes = 16 << 20;

    private readonly string _side;
    private readonly IAsyncEnumerator<ScoreBlock> _blocks;
    private ScoreBlock? _block;
    private int _row;

    public RowReader(string side, IModel model, ScoreRequest request, CancellationToken cancellationToken)
        : this(side, model.Card.VocabularySize, model.ScoreAsync(request, cancellationToken))
    {
    }

    public RowReader(string side, int vocabulary, IReadOnlyList<GeneratedToken> steps, int firstPosition)
        : this(side, vocabulary, Blocks(vocabulary, steps, firstPosition))
    {
    }

    private RowReader(string side, int vocabulary, IAsyncEnumerable<ScoreBlock> blocks)
    {
        _side = side;
        Vocabulary = vocabulary;
        _blocks = blocks.GetAsyncEnumerator();
    }

    public int Vocabulary { get; }

    /// <summary>The row that was read (V).</summary>
    public ReadOnlySpan<float> Row => _block!.Row(_row);

    public static int BlockRows(int vocabulary) => Math.Clamp(BlockBytes / (sizeof(float) * vocabulary), 1, 64);

    /// <summary>Goes on to the row of a position.</summary>
    /// <returns>Null, or why there is no such row to be compared: the side computed NaN or infinity.</returns>
    /// <exception cref="EngineException">The side refused the request, or does not give the rows it was asked for.</exception>
    public async ValueTask<string?> ReadAsync(int position)
    {
        if (_block is not null && _row + 1 < _block.Rows)
        {
            _row++;
            return null;
        }
        try
        {
            _block = await _blocks.MoveNextAsync().ConfigureAwait(false) ? _blocks.Current : null;
        }
        catch (NonFiniteLogitsException e)
        {
            return $"{_side} computed NaN or infinity ({e.Message})";
        }
        _row = 0;
        Require(_block is { Rows: > 0 }, position, "no more rows");
        Require(_block!.FirstPosition == position, position, $"position {_block.FirstPosition}");
        Require(_block.Vocabulary == Vocabulary && _block.Logits?.Length == (long)_block.Rows * Vocabulary, position,
            $"{_block.Logits?.Length ?? 0} logits for {_block.Rows} rows");
        return null;
    }

    public ValueTask DisposeAsync() => _blocks.DisposeAsync();

    private void Require(bool holds, int position, string found)
    {
        if (!holds)
        {
            throw new EngineException(
                $"Reading the logits of {_side}: expected a row of {Vocabulary} at position {position}, found {found}. This is a fault of its backend.");
        }
    }

    private static async IAsyncEnumerable<ScoreBlock> Blocks(
        int vocabulary, IReadOnlyList<GeneratedToken> steps, int firstPosition, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        await Task.CompletedTask;
        for (int step = 0; step < steps.Count; step++)
        {
            float[] logits = steps[step].Logits ?? throw new InvalidRequestException(
                $"Verifying a generation: expected the logits of every step, found none at step {step}. Generate with {nameof(StepLogits)}.{nameof(StepLogits.Full)}.");
            yield return new ScoreBlock { FirstPosition = firstPosition + step, Rows = 1, Vocabulary = vocabulary, Logits = logits };
        }
    }
}
