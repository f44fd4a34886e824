using Engine.Parity;
using Engine.Serving;

namespace Engine.Host.Commands.Calibrating;

/// <summary>The rows of generations that run side by side: eight inputs in one batch, and a token of each in every step.</summary>
internal static class BatchedRows
{
    private const int Sequences = 8;

    /// <summary>Whether there are such rows of a model.</summary>
    /// <param name="card">The model's.</param>
    /// <param name="kinds">The rows asked for.</param>
    public static bool AreOf(ModelCard card, IReadOnlyList<RowKind> kinds) =>
        kinds is [RowKind.Logits] && card.Abilities.HasFlag(ModelAbilities.Generate) && !card.Abilities.HasFlag(ModelAbilities.Source);

    /// <summary>Evaluates inputs, each beside the others; shorter ones begin anew until the longest has ended.</summary>
    /// <param name="model">Has a batch.</param>
    /// <param name="inputs">Within the model's context length.</param>
    /// <param name="cancellationToken">Ends the computation.</param>
    /// <exception cref="EngineException">The model refused.</exception>
    public static async Task<RowTable> ReadAsync(ILoadedModel model, IReadOnlyList<ParityInput> inputs, CancellationToken cancellationToken)
    {
        var failed = new TaskCompletionSource<RowTable>(TaskCreationOptions.RunContinuationsAsynchronously);
        model.OnFailure(failure => failed.TrySetException(failure)); // the thread on which it happens never returns
        Task<RowTable> reading = Task.Run(() => Read(model, inputs, cancellationToken), CancellationToken.None);
        return await (await Task.WhenAny(reading, failed.Task).ConfigureAwait(false)).ConfigureAwait(false);
    }

    private static RowTable Read(ILoadedModel model, IReadOnlyList<ParityInput> inputs, CancellationToken cancellationToken)
    {
        int width = model.Card.VocabularySize;
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(Sequences, Sequences * inputs.Max(input => input.Tokens.Count)));
        var table = new RowTable();
        foreach ((int Number, ParityInput Input)[] group in inputs.Index().Chunk(Sequences))
        {
            float[][] rows = [.. group.Select(one => new float[checked(one.Input.Tokens.Count * width)])];
            for (int t = 0; t < group.Max(one => one.Input.Tokens.Count); t++)
            {
                Step(batch, [.. Enumerable.Range(0, Sequences).Select(sequence => TokenOf(group[sequence % group.Length].Input, t))], model.Card.Name, cancellationToken);
                for (int i = 0; i < group.Length; i++)
                {
                    if (t < group[i].Input.Tokens.Count)
                    {
                        batch.Row(i).CopyTo(rows[i].AsSpan(t * width, width));
                    }
                }
            }
            for (int i = 0; i < group.Length; i++)
            {
                table.Add(group[i].Number, RowKind.Logits, group[i].Input.Tokens.Count, width, rows[i]);
            }
            for (int sequence = 0; sequence < Sequences; sequence++)
            {
                batch.TryRemove(sequence, 0);
            }
        }
        return table;
    }

    private static int TokenOf(ParityInput input, int t) => input.Tokens[t % input.Tokens.Count];

    private static void Step(ISequenceBatch batch, int[] tokens, string model, CancellationToken cancellationToken)
    {
        StepOutcome outcome = batch.Step([.. tokens.Select((token, sequence) => new SequenceChunk(sequence, new[] { token }, true))], cancellationToken);
        cancellationToken.ThrowIfCancellationRequested();
        if (outcome != StepOutcome.Done)
        {
            throw new EngineException($"Evaluating {tokens.Length} sequences of {model} in a batch: expected room for a token of each, the backend has none.");
        }
    }
}
