using System.Text;

namespace Engine.Generation;

/// <summary>Turns the bytes of tokens into text. It returns only whole characters, with bytes that are not UTF-8 as U+FFFD, and holds back
/// anything that may turn out to be the beginning of a stop text.</summary>
internal sealed class TextAssembler(IReadOnlyList<string> stops)
{
    private readonly Decoder _decoder = new UTF8Encoding(false).GetDecoder();
    private readonly StopMatcher[] _matchers = [.. stops.Select(stop => new StopMatcher(stop))];
    private readonly StringBuilder _held = new();
    private char[] _characters = new char[64];

    /// <summary>The stop text that has appeared; neither it nor what follows is part of the answer. Null while none has.</summary>
    public string? StoppedBy { get; private set; }

    /// <summary>Whether a stop text has appeared.</summary>
    public bool Stopped => StoppedBy is not null;

    /// <summary>Takes the bytes of one token and returns the text that has become certain.</summary>
    public string Append(ReadOnlySpan<byte> bytes) => Read(bytes, flush: false);

    /// <summary>Returns what is still held back; bytes of an unfinished character become U+FFFD.</summary>
    public string Finish()
    {
        string text = Read([], flush: true);
        if (Stopped)
        {
            return text;
        }
        text += _held;
        _held.Clear();
        return text;
    }

    private string Read(ReadOnlySpan<byte> bytes, bool flush)
    {
        if (Stopped)
        {
            return "";
        }
        int room = bytes.Length + 4; // a byte gives at most one char, and up to three may have been held back
        if (_characters.Length < room)
        {
            _characters = new char[room];
        }
        var text = _characters.AsSpan(0, _decoder.GetChars(bytes, _characters, flush));
        return _matchers.Length == 0 ? text.ToString() : Match(text);
    }

    // Of several stop texts, the one that is complete first ends the text, and the longest of those complete at the same
    // character. So the answer depends only on the text, not on where its tokens begin and end.
    private string Match(ReadOnlySpan<char> text)
    {
        foreach (char c in text)
        {
            _held.Append(c);
            string? complete = null;
            foreach (var matcher in _matchers)
            {
                matcher.Read(c);
                complete = matcher.Complete && matcher.Text.Length > (complete?.Length ?? 0) ? matcher.Text : complete;
            }
            if (complete is not null)
            {
                StoppedBy = complete;
                return _held.ToString(0, _held.Length - complete.Length);
            }
        }
        int certain = _held.Length - _matchers.Max(matcher => matcher.Matched);
        string result = _held.ToString(0, certain);
        _held.Remove(0, certain);
        return result;
    }
}
