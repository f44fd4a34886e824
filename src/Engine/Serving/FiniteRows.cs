namespace Engine.Serving;

/// <summary>Passes rows on. If activations were requested, a row that is not finite ends the answer only after the pass, so that the
/// error can include the activations.</summary>
/// <param name="sink">Takes a row, or throws <see cref="NonFiniteLogitsException"/>.</param>
/// <param name="looks">Whether activations were requested.</param>
internal sealed class FiniteRows(RowSink sink, bool looks)
{
    private NonFiniteLogitsException? _error;

    public void Add(int index, ReadOnlySpan<float> row)
    {
        if (_error is not null)
        {
            return;
        }
        try
        {
            sink(index, row);
        }
        catch (NonFiniteLogitsException error) when (looks)
        {
            _error = error;
        }
    }

    /// <summary>Ends the pass.</summary>
    /// <returns>The activations.</returns>
    /// <exception cref="NonFiniteLogitsException">A row was not finite; the activations are in it.</exception>
    public IReadOnlyList<Activation> Finish(IReadOnlyList<Activation> activations) =>
        _error is null ? activations : throw new NonFiniteLogitsException(_error.Message) { Activations = activations };
}
