namespace Engine.Chat.Tools;

/// <summary>Finds the end of a JSON object or array, one character at a time.</summary>
internal struct JsonScan
{
    private int _depth;
    private bool _inString;
    private bool _escaped;

    /// <summary>Whether everything read so far is balanced.</summary>
    public bool IsWhole { get; private set; }

    /// <summary>Reads a character.</summary>
    /// <returns>Whether it may come there in JSON, judging by brackets and quotes only.</returns>
    public bool Read(char c)
    {
        if (_inString)
        {
            (_escaped, _inString) = (!_escaped && c == '\\', _escaped || c != '"');
            return true;
        }
        switch (c)
        {
            case '"':
                _inString = true;
                return _depth > 0;
            case '{' or '[':
                _depth++;
                return true;
            case '}' or ']':
                IsWhole = --_depth == 0;
                return _depth >= 0;
            default:
                return char.IsAsciiLetterOrDigit(c) || c is ' ' or '\t' or '\n' or '\r' or ':' or ',' or '.' or '+' or '-';
        }
    }
}
