using System.Runtime.CompilerServices;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>A model that evaluates score requests eight at a time, one token of each per step, like generations that share a batch, to measure
/// how that changes the digits. Requests wait until there are eight, or as many as are still expected.</summary>
/// <param name="loaded">The model, which must support batches and which this object now owns.</param>
/// <param name="requests">The total number of score requests there will be.</param>
internal sealed class BatchOfEight(ILoadedModel loaded, int requests) : IModel
{
    private const int Sequences = 8;

    private readonly Lock _lock = new();
    private readonly Lock _turn = new();
    private readonly CancellationTokenSource _disposal = new();
    private readonly TaskCompletionSource _failed = Failing(loaded);
    private List<(IReadOnlyList<int> Tokens, TaskCompletionSource<float[]> Rows)> _waiting = [];
    private int _left = requests;

    public ModelCard Card => loaded.Card;

    public ITokenizer Tokenizer => loaded.Tokenizer;

    /// <summary>Whether a model supports this.</summary>
    public static bool Runs(ModelCard card) => card.Capabilities.HasFlag(ModelCapabilities.Generate) && !card.Capabilities.HasFlag(ModelCapabilities.Source);

    public async IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        if (request is not { Form: ScoreForm.Logits, FirstPosition: 0, PositionCount: null, Source: null, Tokens.Tokens: { Count: > 0 } tokens })
        {
            throw new UnsupportedRequestException("Scoring tokens in a batch of eight: expected a request for all logits of token ids. Request these.");
        }
        Task<float[]> evaluating = Join(tokens);
        Task first = await Task.WhenAny(evaluating, _failed.Task).WaitAsync(cancellationToken).ConfigureAwait(false);
        await first.ConfigureAwait(false);
        float[] rows = await evaluating.ConfigureAwait(false);
        int width = Card.VocabularySize;
        for (int position = 0; position < tokens.Count; position += request.BlockRows)
        {
            int count = Math.Min(request.BlockRows, tokens.Count - position);
            yield return new ScoreBlock { FirstPosition = position, Rows = count, Vocabulary = width, Logits = rows[(position * width)..((position + count) * width)] };
        }
    }

    public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) => throw ForScoresAlone();

    public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => throw ForScoresAlone();

    public async ValueTask DisposeAsync()
    {
        await _disposal.CancelAsync().ConfigureAwait(false);
        lock (_turn)
        {
            loaded.Dispose();
        }
        _disposal.Dispose();
    }

    private static UnsupportedRequestException ForScoresAlone() => new("Asking a model that is measured in a batch of eight: expected a score request, found another one.");

    // The thread on which native code fails never returns.
    private static TaskCompletionSource Failing(ILoadedModel loaded)
    {
        var failed = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        loaded.OnFailure(failure => failed.TrySetException(failure));
        return failed;
    }

    private Task<float[]> Join(IReadOnlyList<int> tokens)
    {
        var rows = new TaskCompletionSource<float[]>(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            _waiting.Add((tokens, rows));
            if (_waiting.Count == Math.Min(Sequences, _left))
            {
                var group = _waiting;
                (_left, _waiting) = (_left - group.Count, []);
                _ = Task.Run(() => Evaluate(group), CancellationToken.None);
            }
        }
        return rows.Task;
    }

    private void Evaluate(List<(IReadOnlyList<int> Tokens, TaskCompletionSource<float[]> Rows)> group)
    {
        try
        {
            float[][] rows;
            lock (_turn)
            {
                _disposal.Token.ThrowIfCancellationRequested();
                rows = Read([.. group.Select(one => one.Tokens)]);
            }
            for (int i = 0; i < group.Count; i++)
            {
                group[i].Rows.SetResult(rows[i]);
            }
        }
        catch (Exception e)
        {
            // Each request reports the error to its own reader.
            group.ForEach(one => one.Rows.TrySetException(e));
        }
    }

    /// <summary>Evaluates inputs side by side. Shorter ones are repeated until the longest has ended.</summary>
    private float[][] Read(IReadOnlyList<int>[] inputs)
    {
        int width = Card.VocabularySize, longest = inputs.Max(input => input.Count);
        float[][] rows = [.. inputs.Select(input => new float[checked(input.Count * width)])];
        using ISequenceBatch batch = loaded.OpenBatch(new BatchShape(Sequences, Sequences * longest));
        for (int t = 0; t < longest; t++)
        {
            Step(batch, t, inputs);
            for (int i = 0; i < inputs.Length; i++)
            {
                if (t < inputs[i].Count)
                {
                    batch.Row(i).CopyTo(rows[i].AsSpan(t * width, width));
                }
            }
        }
        return rows;
    }

    private void Step(ISequenceBatch batch, int t, IReadOnlyList<int>[] inputs)
    {
        SequenceChunk[] chunks = [.. Enumerable.Range(0, Sequences).Select(sequence =>
        {
            IReadOnlyList<int> input = inputs[sequence % inputs.Length];
            return new SequenceChunk(sequence, new[] { input[t % input.Count] }, true);
        })];
        StepOutcome outcome = batch.Step(chunks, _disposal.Token);
        _disposal.Token.ThrowIfCancellationRequested();
        if (outcome != StepOutcome.Done)
        {
            throw new EngineException($"Evaluating {Sequences} sequences of {Card.Name} in a batch: expected room for a token of each, the backend has none.");
        }
    }
}
