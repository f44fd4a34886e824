namespace Engine.Parity;

/// <summary>Compares two models op by op, side by side and in a replay. In the replay, each op of the reference gets the inputs of the native
/// op, so that a fault is found where it arises.</summary>
public static class LayerCheck
{
    /// <summary>Runs the native model once and the reference twice over the same tokens.</summary>
    /// <param name="native">The model judged.</param>
    /// <param name="reference">The model it is judged by, which must be able to replay.</param>
    /// <param name="prompt">Token ids, or a text, which the native tokenizer reads. The source, for an encoder–decoder.</param>
    /// <param name="options">Numerics, arithmetic, an encoder–decoder's target, and how much memory may be used.</param>
    /// <param name="cancellationToken">Cancels the passes.</param>
    /// <exception cref="InsufficientMemoryException">Not even one token's activations fit.</exception>
    /// <exception cref="UnsupportedRequestException">A model hands out no activations, or the reference cannot replay.</exception>
    /// <exception cref="EngineException">A model refused the request.</exception>
    public static async Task<LayerFindings> RunAsync(
        IModel native, IModel reference, Prompt prompt, LayerOptions? options = null, CancellationToken cancellationToken = default)
    {
        options ??= new LayerOptions();
        ParityInput input = await ParityInput.ReadAsync(native, reference, prompt, options.Target, cancellationToken).ConfigureAwait(false);
        var whole = new ActivationQuery(input, options.Numerics)
        {
            Arithmetic = options.Arithmetic,
            // If the file has a classifier, it is part of the encoder like any other.
            Pooling = native.Card.Classes > 0 && reference.Card.Classes > 0 ? Pooling.Rank : Pooling.None,
        };
        ActivationQuery query = await LayerBudget.FitAsync(native, whole, options.MemoryBytes, cancellationToken).ConfigureAwait(false);
        options.Progress?.Report(0.1f);
        IReadOnlyList<Activation> ours = await query.ReadAsync(native, [], cancellationToken).ConfigureAwait(false);
        options.Progress?.Report(0.3f);
        List<LayerRow> rows = await JoinSideBySideAsync(ours, query, reference, cancellationToken).ConfigureAwait(false);
        options.Progress?.Report(0.6f);
        await ReplayAsync(rows, query, reference, cancellationToken).ConfigureAwait(false);
        options.Progress?.Report(1);

        var tolerances = new OpTolerances(native.Card, reference.Card, options, query.Length);
        foreach (LayerRow row in rows)
        {
            row.Tolerance = tolerances.For(row);
        }
        LayerFault? fault = LayerFault.First(rows);
        return new LayerFindings
        {
            Layers = [.. rows.Select(row => row.ToLayer())],
            FirstDivergence = fault?.ToDivergence(query.Input),
            Scope = new LayerScope(query.Length, whole.Length, options.Arithmetic, fault?.Explain() ?? Explain(rows)),
        };
    }

    private static async Task<List<LayerRow>> JoinSideBySideAsync(
        IReadOnlyList<Activation> native, ActivationQuery input, IModel reference, CancellationToken cancellationToken)
    {
        IReadOnlyList<Activation> theirs = await input.ReadAsync(reference, [], cancellationToken).ConfigureAwait(false);
        List<LayerRow> rows = LayerJoin.Join(native, theirs);
        Measure(rows, theirs, (row, measure) => row.SideBySide = measure);
        return rows;
    }

    private static async Task ReplayAsync(List<LayerRow> rows, ActivationQuery input, IModel reference, CancellationToken cancellationToken)
    {
        Activation[] replay =
        [
            .. from row in rows
               where row is { IsJoined: true, ShapesDiffer: false }
               let key = row.Reference!.Value
               select row.Native! with { Part = key.Part, Name = key.Name, Operation = key.Operation, Occurrence = key.Occurrence },
        ];
        Measure(rows, await input.ReadAsync(reference, replay, cancellationToken).ConfigureAwait(false), (row, measure) => row.Replay = measure);
    }

    private static void Measure(List<LayerRow> rows, IReadOnlyList<Activation> reference, Action<LayerRow, OpMeasure> set)
    {
        Dictionary<LayerKey, Activation> byKey = reference.ToDictionary(LayerKey.Of);
        foreach (LayerRow row in rows.Where(row => row is { IsJoined: true, ShapesDiffer: false }))
        {
            Activation other = byKey[row.Reference!.Value];
            set(row, OpMeasure.Of(row.Native!.Values, other.Values, (int)other.Shape[0]));
        }
    }

    private static string Explain(List<LayerRow> rows)
    {
        int partial = rows.Count(row => row.IsPartialSum), unmeasured = rows.Count(row => !row.IsJoined && row.Computes) - partial;
        return $"all {rows.Count(row => row.IsJoined)} ops that both sides have are within their tolerances in the replay"
            + (unmeasured == 0 ? "" : $"; {unmeasured} that compute could not be measured")
            + (partial == 0 ? "" : $"; {partial} sums over some of the adapters, which llama.cpp adds in its own order, have no counterpart in the reference, which has only the sum over all adapters");
    }
}
