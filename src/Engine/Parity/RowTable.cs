namespace Engine.Parity;

/// <summary>All rows of one engine for some inputs, kept in memory to be compared with those of many other engines.</summary>
internal sealed class RowTable
{
    private readonly List<Rows> _rows = [];

    /// <summary>The total number of rows of the kind that a verdict names.</summary>
    public int Positions => _rows.Where(rows => rows.Kind is RowKind.Logits or RowKind.Embeddings).Sum(rows => rows.Count);

    /// <summary>Requests a model's rows.</summary>
    /// <param name="name">What it is called in a sentence.</param>
    /// <param name="inputs">Each on its own.</param>
    /// <param name="kinds">The rows asked for.</param>
    /// <param name="numerics">How exactly it computes.</param>
    /// <param name="arithmetic">How it computes, if it is the reference.</param>
    /// <param name="progress">Receives the part done, 0 to 1.</param>
    /// <param name="cancellationToken">Cancels the computation.</param>
    /// <exception cref="EngineException">The model refused, or computed NaN.</exception>
    public static async Task<RowTable> ReadAsync(
        string name, IModel model, IReadOnlyList<ParityInput> inputs, IReadOnlyList<RowKind> kinds, Numerics numerics, Arithmetic arithmetic,
        IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var table = new RowTable();
        for (int i = 0; i < inputs.Count; i++)
        {
            foreach (RowKind kind in kinds)
            {
                Rows rows = await ReadAsync(name, model, inputs[i], kind, numerics, arithmetic, cancellationToken).ConfigureAwait(false);
                table._rows.Add(rows with { Input = i });
            }
            progress?.Report((i + 1f) / inputs.Count);
        }
        return table;
    }

    /// <summary>Requests a model's rows of logits, for all inputs at the same time.</summary>
    /// <param name="name">What it is called in a sentence.</param>
    /// <param name="inputs">A request each.</param>
    /// <param name="numerics">How exactly it computes.</param>
    /// <param name="cancellationToken">Cancels the computation.</param>
    /// <exception cref="EngineException">The model refused, or computed NaN.</exception>
    public static async Task<RowTable> ReadTogetherAsync(string name, IModel model, IReadOnlyList<ParityInput> inputs, Numerics numerics, CancellationToken cancellationToken)
    {
        var table = new RowTable();
        Rows[] rows = await Task.WhenAll(inputs.Select(input => ReadAsync(name, model, input, RowKind.Logits, numerics, Arithmetic.Exact, cancellationToken))).ConfigureAwait(false);
        table._rows.AddRange(rows.Select((one, i) => one with { Input = i }));
        return table;
    }

    /// <summary>Measures how far this engine's rows are from another's of the same inputs.</summary>
    /// <param name="name">What this engine is called.</param>
    /// <param name="other">The other engine's rows, used as the reference.</param>
    /// <param name="otherName">What the other is called.</param>
    /// <param name="metric">What is judged.</param>
    /// <exception cref="EngineException">The tables are not of the same rows, or hold NaN.</exception>
    public EngineDistance From(string name, RowTable other, string otherName, ParityMetric metric)
    {
        var open = new Tolerance { Metric = metric, Limit = double.PositiveInfinity, RowLimit = double.PositiveInfinity, Reason = "measured" };
        var distance = new EngineDistance(name, otherName, 0, 0, 0, 0, 0);
        if (!_rows.Select(rows => (rows.Input, rows.Kind, rows.Count, rows.Width)).SequenceEqual(other._rows.Select(rows => (rows.Input, rows.Kind, rows.Count, rows.Width))))
        {
            throw new EngineException($"Comparing {name} with {otherName}: expected the same rows of both, found others. This is a fault of a backend.");
        }
        foreach ((Rows a, Rows b) in _rows.Zip(other._rows))
        {
            var measures = new RowMeasures(a.Kind, a.Width, 0, open);
            for (int row = 0; row < a.Count; row++)
            {
                measures.Add(a.Row(row), b.Row(row));
            }
            if (measures.Incomparable is { } reason)
            {
                throw new EngineException($"Comparing {name} with {otherName}: {reason}.");
            }
            distance = distance.Widen(measures);
        }
        return distance;
    }

    private static async Task<Rows> ReadAsync(
        string name, IModel model, ParityInput input, RowKind kind, Numerics numerics, Arithmetic arithmetic, CancellationToken cancellationToken)
    {
        var values = new List<float>();
        int width = 0;
        int count = input.RowCount(kind);
        await using var reader = new RowReader(name, model, input, kind, numerics, arithmetic, cancellationToken);
        for (int row = 0; row < count; row++)
        {
            if (await reader.ReadAsync(row).ConfigureAwait(false) is { } fault)
            {
                throw new EngineException($"Computing rows to compare: {fault}.");
            }
            values.AddRange(reader.Row);
            width = reader.Width;
        }
        return new Rows(0, kind, count, width, [.. values]);
    }

    private sealed record Rows(int Input, RowKind Kind, int Count, int Width, float[] Values)
    {
        public ReadOnlySpan<float> Row(int row) => Values.AsSpan(row * Width, Width);
    }
}
