namespace ReferenceModels.Training.Data;

/// <summary>Documents one after the other as one long line of tokens, cut into windows: window i has the tokens from i·C on, C of
/// them, and for each as target the token after it. Every token but the first is a target exactly once in an epoch; a window may
/// begin within a document and see the end of the one before. The last window is as short as what is left.</summary>
internal sealed class PackedText : IExamples
{
    private readonly int[] _tokens;
    private readonly int _window;

    /// <summary>Joins documents.</summary>
    /// <param name="documents">The tokens of each, with those that begin and end it.</param>
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
