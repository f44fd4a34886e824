namespace Engine.Serving;

/// <summary>Pools an input's token rows into one row, or hands them all out. All backends use it, so that their results can differ only
/// by their rows. Sums are in double.</summary>
/// <param name="pooling">Any pooling but <see cref="Pooling.Rank"/>, which the model computes itself.</param>
/// <param name="width">d.</param>
/// <param name="tokens">T, the number of rows there will be.</param>
/// <param name="sink">Receives the result.</param>
internal sealed class RowPooling(Pooling pooling, int width, int tokens, RowSink sink)
{
    private readonly double[] _sum = pooling == Pooling.Mean ? new double[width] : [];
    private int _position;

    /// <summary>Takes the next row (d).</summary>
    public void Add(ReadOnlySpan<float> row)
    {
        int position = _position++;
        switch (pooling)
        {
            case Pooling.None:
                sink(position, row);
                break;
            case Pooling.Cls when position == 0:
            case Pooling.Last when position == tokens - 1:
                sink(0, row);
                break;
            case Pooling.Mean:
                for (int i = 0; i < _sum.Length; i++)
                {
                    _sum[i] += row[i];
                }
                if (position == tokens - 1)
                {
                    sink(0, Array.ConvertAll(_sum, total => (float)(total / tokens)));
                }
                break;
        }
    }
}
