using System.Runtime.InteropServices;

namespace Engine.Parity;

/// <summary>All rows that one engine gives for some inputs, in memory, to be compared with those of many others.</summary>
internal sealed class RowTable
{
    private readonly List<Rows> _rows = [];

    /// <summary>Rows in all, of the kind that a verdict names first.</summary>
    public int Positions => _rows.Where(rows => rows.Kind is RowKind.Logits or RowKind.Embeddings).Sum(rows => rows.Count);

    /// <summary>Asks a model for its rows.</summary>
    /// <param name="name">What it is called in a sentence.</param>
    /// <param name="model">The model.</param>
    /// <param name="inputs">Each on its own.</param>
    /// <param name="kinds">The rows asked for.</param>
    /// <param name="setting">How exactly it computes.</param>
    /// <param name="arithmetic">How it computes, if it is the reference.</param>
    /// <param name="progress">Receives the part done, 0 to 1.</param>
    /// <param name="cancellationToken">Ends the computation.</param>
    /// <exception cref="EngineException">The model refused, or computed NaN.</exception>
    public static async Task<RowTable> ReadAsync(
        string name, IModel model, IReadOnlyList<ParityInput> inputs, IReadOnlyList<RowKind> kinds, Numerics setting, Arithmetic arithmetic,
        IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var table = new RowTable();
        for (int i = 0; i < inputs.Count; i++)
        {
            foreach (RowKind kind in kinds)
            {
                Rows rows = await ReadAsync(name, model, inputs[i], kind, setting, arithmetic, cancellationToken).ConfigureAwait(false);
                table._rows.Add(rows with { Input = i });
            }
            progress?.Report((i + 1f) / inputs.Count);
        }
        return table;
    }

    /// <summary>Measures how far this engine's rows are from another's of the same inputs.</summary>
    /// <param name="name">What this engine is called.</param>
    /// <param name="other">The other's rows, which stand in the place of the reference's.</param>
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

    /// <summary>Adds the rows of an input, which follow those of the inputs before.</summary>
    /// <param name="input">Index of the input.</param>
    /// <param name="kind">What they are.</param>
    /// <param name="count">Number of rows.</param>
    /// <param name="width">Numbers of a row.</param>
    /// <param name="values">(count, width).</param>
    public void Add(int input, RowKind kind, int count, int width, float[] values) => _rows.Add(new Rows(input, kind, count, width, values));

    /// <summary>Writes the table for <see cref="Read"/>.</summary>
    public void Write(BinaryWriter writer)
    {
        writer.Write(_rows.Count);
        foreach (Rows rows in _rows)
        {
            writer.Write(rows.Input);
            writer.Write((int)rows.Kind);
            writer.Write(rows.Count);
            writer.Write(rows.Width);
            writer.Write(MemoryMarshal.AsBytes(rows.Values.AsSpan()));
        }
        writer.Flush();
    }

    /// <summary>Reads what another process of this program wrote.</summary>
    /// <exception cref="EndOfStreamException">It ended before.</exception>
    public static RowTable Read(BinaryReader reader)
    {
        var table = new RowTable();
        int count = reader.ReadInt32();
        for (int i = 0; i < count; i++)
        {
            var rows = new Rows(reader.ReadInt32(), (RowKind)reader.ReadInt32(), reader.ReadInt32(), reader.ReadInt32(), []);
            float[] values = new float[checked(rows.Count * rows.Width)];
            reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(values.AsSpan()));
            table._rows.Add(rows with { Values = values });
        }
        return table;
    }

    private static async Task<Rows> ReadAsync(
        string name, IModel model, ParityInput input, RowKind kind, Numerics setting, Arithmetic arithmetic, CancellationToken cancellationToken)
    {
        var values = new List<float>();
        int width = 0;
        int count = input.RowCount(kind);
        await using var reader = new RowReader(name, model, input, kind, setting, arithmetic, cancellationToken);
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
