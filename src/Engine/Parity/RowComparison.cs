namespace Engine.Parity;

/// <summary>Reads the same rows of two sides and measures how far apart they are.</summary>
/// <param name="kind">The kind of rows.</param>
/// <param name="first">The position of the first row.</param>
/// <param name="count">The number of rows.</param>
/// <param name="targets">For logits, the token that follows each position, if there is one.</param>
internal sealed class RowComparison(RowKind kind, int first, int count, int[] targets)
{
    /// <summary>Receives the fraction of the rows compared, from 0 to 1.</summary>
    public IProgress<float>? Progress { get; init; }

    /// <exception cref="ConfigurationException">The rows are of different widths.</exception>
    /// <exception cref="EngineException">A side refused the request.</exception>
    public async Task<RowMeasures> MeasureAsync(RowReader native, RowReader reference, Tolerance tolerance)
    {
        RowMeasures? measures = null;
        for (int row = 0; row < count; row++)
        {
            int position = first + row;
            string? fault = await native.ReadAsync(position).ConfigureAwait(false)
                ?? await reference.ReadAsync(position).ConfigureAwait(false);
            measures ??= Create(native.Width, tolerance);
            if (fault is not null)
            {
                measures.Fault(position, fault);
                break;
            }
            Add(measures, native.Row, reference.Row, row < targets.Length ? targets[row] : null);
            Progress?.Report((row + 1f) / count);
        }
        return measures ?? Create(native.Width, tolerance);
    }

    private RowMeasures Create(int width, Tolerance tolerance) =>
        kind == RowKind.Logits ? new LogitMeasures(width, first, tolerance) : new RowMeasures(kind, width, first, tolerance);

    private void Add(RowMeasures measures, ReadOnlySpan<float> a, ReadOnlySpan<float> b, int? target)
    {
        if (a.Length != b.Length)
        {
            throw new ConfigurationException(
                $"Comparing two models: expected {kind.Name()} of one width, found {a.Length} on the native side and {b.Length} on the reference's. Give both sides files of the same model.");
        }
        if (measures is LogitMeasures logits)
        {
            logits.Add(a, b, target);
        }
        else
        {
            measures.Add(a, b);
        }
    }
}
