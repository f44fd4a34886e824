using System.Runtime.CompilerServices;

namespace Engine.Parity;

/// <summary>Reads one side's rows one after another, whatever its blocks are, keeping only one block at a time.</summary>
internal sealed class RowReader : IAsyncDisposable
{
    /// <summary>The approximate maximum size of one block of one side.</summary>
    private const int BlockBytes = 16 << 20;

    private readonly string _side;
    private readonly int? _width;
    private readonly IAsyncEnumerator<ScoreBlock> _blocks;
    private ScoreBlock? _block;
    private int _row;
    private int? _position; // of the row that was read

    /// <summary>A model's rows of one kind.</summary>
    public RowReader(
        string side, IModel model, ParityInput input, RowKind kind, Numerics numerics, Arithmetic arithmetic, CancellationToken cancellationToken,
        IReadOnlyList<string>? activations = null)
        : this(side, kind == RowKind.Logits ? model.Card.VocabularySize : null, Blocks(model, input, kind, numerics, arithmetic, cancellationToken, activations))
    {
    }

    /// <summary>The rows of logits with which tokens were generated.</summary>
    public RowReader(string side, int vocabulary, IReadOnlyList<GeneratedToken> steps, int firstPosition)
        : this(side, vocabulary, Blocks(vocabulary, steps, firstPosition))
    {
    }

    /// <param name="side">The side's name, for messages.</param>
    /// <param name="width">How many numbers a row has, if that is known beforehand.</param>
    /// <param name="blocks">Blocks of any width and length.</param>
    public RowReader(string side, int? width, IAsyncEnumerable<ScoreBlock> blocks)
    {
        _side = side;
        _width = width;
        _blocks = blocks.GetAsyncEnumerator();
    }

    /// <summary>How many numbers a row has; 0 if that is not known before the first one is read.</summary>
    public int Width => _width ?? _block?.Vocabulary ?? 0;

    /// <summary>The row that was read.</summary>
    public ReadOnlySpan<float> Row => _block!.Row(_row);

    /// <summary>The activations that were requested; empty before the first row is read.</summary>
    public IReadOnlyList<Activation> Activations { get; private set; } = [];

    public static int BlockRows(int vocabulary) => Math.Clamp(BlockBytes / (sizeof(float) * vocabulary), 1, 64);

    /// <summary>The rows that <see cref="RowReader(string, IModel, ParityInput, RowKind, Numerics, Arithmetic, CancellationToken, IReadOnlyList{string})"/> reads.</summary>
    /// <exception cref="EngineException">The model refuses the request.</exception>
    public static IAsyncEnumerable<ScoreBlock> Blocks(
        IModel model, ParityInput input, RowKind kind, Numerics numerics, Arithmetic arithmetic, CancellationToken cancellationToken,
        IReadOnlyList<string>? activations = null) =>
        kind == RowKind.Logits
            ? model.ScoreAsync(input.ToScoreRequest(numerics, model.Card.VocabularySize) with { Arithmetic = arithmetic, Activations = activations ?? [] }, cancellationToken)
            : Embedded(model, input.ToEmbedRequest(kind, numerics) with { Arithmetic = arithmetic }, cancellationToken);

    /// <summary>Advances to the row of a position, skipping those before it.</summary>
    /// <returns>Null, or why there is no such row to compare: the side computed NaN or infinity.</returns>
    /// <exception cref="EngineException">The side refused the request, or does not return the rows that were requested.</exception>
    public async ValueTask<string?> ReadAsync(int position)
    {
        string? fault;
        do
        {
            fault = await NextAsync(position).ConfigureAwait(false);
        }
        while (fault is null && _position < position);
        return fault;
    }

    // The next row, which is that of the position or of an earlier one.
    private async ValueTask<string?> NextAsync(int position)
    {
        if (_block is not null && _row + 1 < _block.Rows)
        {
            _row++;
            _position++;
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
        Activations = _block is { Activations.Count: > 0 } ? _block.Activations : Activations;
        Require(_block is { Rows: > 0 }, position, "no more rows");
        Require(_position is null ? _block!.FirstPosition <= position : _block!.FirstPosition == _position + 1, position, $"position {_block.FirstPosition}");
        int width = _width ?? _block.Vocabulary;
        Require(_block.Vocabulary == width && _block.Logits?.Length == (long)_block.Rows * width, position,
            $"{_block.Logits?.Length ?? 0} logits for {_block.Rows} rows");
        _position = _block.FirstPosition;
        return null;
    }

    public ValueTask DisposeAsync() => _blocks.DisposeAsync();

    private void Require(bool holds, int position, string found)
    {
        if (!holds)
        {
            throw new EngineException(
                $"Reading the rows of {_side}: expected a row{(_width is { } width ? $" of {width}" : "")} at position {position}, found {found}. This is a fault of its backend.");
        }
    }

    private static async IAsyncEnumerable<ScoreBlock> Embedded(
        IModel model, EmbedRequest request, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        Embeddings embeddings = await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        bool scores = request.Pooling == Pooling.Rank;
        yield return new ScoreBlock
        {
            FirstPosition = 0,
            Rows = scores ? 1 : embeddings.Rows.Count,
            Vocabulary = scores ? embeddings.Rows.Count * embeddings.Dimensions : embeddings.Dimensions,
            Logits = [.. embeddings.Rows.SelectMany(row => row)],
        };
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
