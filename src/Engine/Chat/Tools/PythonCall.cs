using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Engine.Chat.Tools;

/// <summary>Reads a call as Python writes it: <c>search.call(query="cats", most=3)</c>.</summary>
internal sealed class PythonCall
{
    private readonly string _text;
    private int _at;

    private PythonCall(string text) => _text = text;

    /// <summary>The call; null if the text is not a call, or contains a value that JSON cannot express.</summary>
    public static WrittenCall? Read(string text)
    {
        var reader = new PythonCall(text);
        string name = reader.Name();
        if (name.Length == 0 || !reader.Takes(".call("))
        {
            return null;
        }
        bool isWhole = false;
        try
        {
            string arguments = CallJson.Compact(CallJson.Write(writer =>
            {
                writer.WriteStartObject();
                isWhole = reader.Arguments(writer);
                writer.WriteEndObject();
            }));
            return isWhole && reader._at == text.Length ? new WrittenCall(name, arguments) : null;
        }
        catch (InvalidOperationException)
        {
            return null; // what was written before it broke off is not JSON
        }
    }

    private bool Arguments(Utf8JsonWriter writer)
    {
        for (bool isFirst = true; ; isFirst = false)
        {
            Blanks();
            if (Takes(")"))
            {
                return true;
            }
            if (!isFirst && !Takes(","))
            {
                return false;
            }
            Blanks();
            string name = Name();
            if (name.Length == 0 || !Takes("="))
            {
                return false;
            }
            writer.WritePropertyName(CallJson.Utf8(name));
            if (!Value(writer, 0))
            {
                return false;
            }
        }
    }

    private bool Value(Utf8JsonWriter writer, int depth)
    {
        Blanks();
        if (_at == _text.Length || depth > 30)
        {
            return false;
        }
        switch (_text[_at])
        {
            case '"' or '\'':
                if (String() is not { } text)
                {
                    return false;
                }
                writer.WriteStringValue(CallJson.Utf8(text));
                return true;
            case '[':
                return List(writer, depth);
            case '{':
                return Mapping(writer, depth);
            default:
                return Word(writer);
        }
    }

    private bool List(Utf8JsonWriter writer, int depth)
    {
        _at++;
        writer.WriteStartArray();
        for (bool isFirst = true; ; isFirst = false)
        {
            Blanks();
            if (Takes("]"))
            {
                writer.WriteEndArray();
                return true;
            }
            if ((!isFirst && !Takes(",")) || !Value(writer, depth + 1))
            {
                return false;
            }
        }
    }

    private bool Mapping(Utf8JsonWriter writer, int depth)
    {
        _at++;
        writer.WriteStartObject();
        for (bool isFirst = true; ; isFirst = false)
        {
            Blanks();
            if (Takes("}"))
            {
                writer.WriteEndObject();
                return true;
            }
            if (!isFirst && !Takes(","))
            {
                return false;
            }
            Blanks();
            if (_at == _text.Length || _text[_at] is not ('"' or '\'') || String() is not { } name)
            {
                return false;
            }
            writer.WritePropertyName(CallJson.Utf8(name));
            Blanks();
            if (!Takes(":") || !Value(writer, depth + 1))
            {
                return false;
            }
        }
    }

    private bool Word(Utf8JsonWriter writer)
    {
        int start = _at;
        while (_at < _text.Length && (char.IsAsciiLetterOrDigit(_text[_at]) || _text[_at] is '+' or '-' or '.' or '_'))
        {
            _at++;
        }
        switch (_text[start.._at])
        {
            case "True" or "true":
                writer.WriteBooleanValue(true);
                return true;
            case "False" or "false":
                writer.WriteBooleanValue(false);
                return true;
            case "None" or "null":
                writer.WriteNullValue();
                return true;
            case { } number when CallJson.Parse(number) is { ValueKind: JsonValueKind.Number } json:
                json.WriteTo(writer);
                return true;
            default:
                return false;
        }
    }

    private string? String()
    {
        char quote = _text[_at++];
        var text = new StringBuilder();
        while (_at < _text.Length)
        {
            char c = _text[_at++];
            if (c == quote)
            {
                return text.ToString();
            }
            if (c != '\\' || _at == _text.Length)
            {
                text.Append(c);
                continue;
            }
            char escaped = _text[_at++];
            switch (escaped)
            {
                case 'n':
                    text.Append('\n');
                    break;
                case 't':
                    text.Append('\t');
                    break;
                case 'r':
                    text.Append('\r');
                    break;
                case 'u' when _at + 4 <= _text.Length && ushort.TryParse(_text.AsSpan(_at, 4), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out ushort code):
                    text.Append((char)code);
                    _at += 4;
                    break;
                case '\\' or '"' or '\'':
                    text.Append(escaped);
                    break;
                default:
                    text.Append('\\').Append(escaped);
                    break;
            }
        }
        return null;
    }

    private string Name()
    {
        int start = _at;
        while (_at < _text.Length && (char.IsLetterOrDigit(_text[_at]) || _text[_at] is '_' or '-'))
        {
            _at++;
        }
        return _text[start.._at];
    }

    private void Blanks()
    {
        while (_at < _text.Length && char.IsWhiteSpace(_text[_at]))
        {
            _at++;
        }
    }

    private bool Takes(string text)
    {
        bool takes = string.CompareOrdinal(_text, _at, text, 0, text.Length) == 0;
        _at += takes ? text.Length : 0;
        return takes;
    }
}
