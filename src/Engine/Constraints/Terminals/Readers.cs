using Engine.Constraints.Languages;

namespace Engine.Constraints.Terminals;

/// <summary>The readers of one automaton, each state only once.</summary>
internal sealed class Readers
{
    private readonly Dictionary<(TextState, int Mode, int Value), Reader> _readers = [];
    private readonly Dictionary<(byte[], int), Reader> _markers = [];
    private readonly ShortestTexts _shortest = new();

    public int Count => _readers.Count;

    /// <summary>Reads a special token.</summary>
    /// <param name="bytes">The result of <see cref="MarkerReader.Bytes"/>.</param>
    /// <param name="at">How many of them have been read.</param>
    public Reader Marker(byte[] bytes, int at)
    {
        if (!_markers.TryGetValue((bytes, at), out Reader? reader))
        {
            _markers.Add((bytes, at), reader = new MarkerReader(bytes, at, this) { Number = -1 - _markers.Count });
        }
        return reader;
    }

    /// <summary>Reads unescaped text, in UTF-8.</summary>
    public Reader Raw(TextState text) => Raw(text, 0, 0);

    /// <summary>Reads a JSON string, quotes included, whose content is the text.</summary>
    public Reader Quoted(TextState content) => Quoted(content, QuotedReader.Mode.Opening, 0);

    /// <param name="text">The characters read so far.</param>
    /// <param name="length">The total number of bytes of the character that was begun; 0 between two characters.</param>
    /// <param name="value">Its bits so far, and above them how many bytes are left: <see cref="Utf8Character"/>.</param>
    internal Reader Raw(TextState text, int length, int value) => Find(text, -1 - length, value, static (text, mode, value, readers) => new RawReader(text, -1 - mode, value, readers));

    internal Reader Quoted(TextState content, QuotedReader.Mode mode, int value) =>
        Find(content, (int)mode, value, static (text, mode, value, readers) => new QuotedReader(text, (QuotedReader.Mode)mode, value, readers));

    internal string Shortest(TextState text) => _shortest.From(text);

    private Reader Find(TextState text, int mode, int value, Func<TextState, int, int, Readers, Reader> make)
    {
        var key = (text, mode, value);
        if (!_readers.TryGetValue(key, out Reader? reader))
        {
            reader = make(text, mode, value, this);
            reader.Number = _readers.Count;
            _readers.Add(key, reader);
        }
        return reader;
    }
}
