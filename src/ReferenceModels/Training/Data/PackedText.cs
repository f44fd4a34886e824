namespace ReferenceModels.Training.Data;

/// <summary>Documents joined into one long sequence of tokens, cut into windows: window i has C tokens starting at i·C, and for each
/// the next token as target. Every token but the first is a target exactly once per epoch; a window may begin within a document
/// and see the end of the previous one. The last window may be shorter.</summary>
internal sealed class PackedText : IExamples
{
    private readonly int[] _tokens;
    private readonly int _window;

    /// <summary>Joins documents.</summary>
    /// <param name="documents">The tokens of each, including those that begin and end it.</param>
    /// <param name="window">C, the longest window.</param>
    public PackedText(IEnumerable<IReadOnlyList<int>> documents, int window)
    {
        (_tokens, _window) = ([.. documents.SelectMany(tokens => tokens)], window);
        Count = Math.Max(0, _tokens.Length - 1 + window - 1) / window;
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public Example Visit(int index, ulong seed)
    {
        int start = index * _window, length = Math.Min(_window, _tokens.Length - 1 - start);
        return new Example { Tokens = _tokens[start..(start + length)], Targets = _tokens[(start + 1)..(start + 1 + length)] };
    }
}
