namespace ReferenceModels.Training.Data;

/// <summary>Examples that are the same at every visit.</summary>
internal sealed class ListedExamples(IEnumerable<Example> examples) : IExamples
{
    private readonly Example[] _examples = [.. examples];

    /// <inheritdoc/>
    public int Count => _examples.Length;

    /// <inheritdoc/>
    public Example Visit(int index, ulong seed) => _examples[index];
}
