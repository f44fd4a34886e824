using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;

namespace Engine.Chat.Jinja;

/// <summary>The filter <c>tojson</c> as Hugging Face defines it, which is Python's <c>json.dumps</c> with <c>ensure_ascii=False</c>;
/// and JSON as values of the language.</summary>
internal sealed class PyJson
{
    private readonly TextBuilder _json;
    private readonly string? _indent;
    private readonly string _itemSeparator;
    private readonly string _keySeparator;
    private readonly bool _asciiOnly;
    private readonly bool _sortsKeys;

    private PyJson(Arguments options, Budget budget)
    {
        _json = new TextBuilder(budget);
        _asciiOnly = options.IsTrue(0, "ensure_ascii");
        _indent = options.Find(1, "indent") switch
        {
            null or None => null,
            Text indent => indent.Value,
            object number => new string(' ', Math.Clamp(PyType.Index(number, "indent"), 0, 256)),
        };
        List<object>? separators = options.Find(2, "separators") is { } given and not None ? PyType.Items(given, budget) : null;
        _itemSeparator = separators is [Text item, _] ? item.Value : _indent is null ? ", " : ",";
        _keySeparator = separators is [_, Text key] ? key.Value : ": ";
        _sortsKeys = options.IsTrue(3, "sort_keys");
    }

    public static Text Write(object value, Arguments options, Budget budget)
    {
        var writer = new PyJson(options, budget);
        writer.Append(value, 0);
        return writer._json.ToText();
    }

    /// <summary>A JSON document as values, with its strings marked as foreign.</summary>
    public static object Read(JsonElement json)
    {
        switch (json.ValueKind)
        {
            case JsonValueKind.String:
                return Text.Of(String(json), isForeign: true);
            case JsonValueKind.True or JsonValueKind.False:
                return json.GetBoolean();
            case JsonValueKind.Number:
                return BigInteger.TryParse(json.GetRawText(), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out BigInteger whole) ? whole : json.GetDouble();
            case JsonValueKind.Array:
                return json.EnumerateArray().Select(Read).ToList();
            case JsonValueKind.Object:
                var mapping = new Mapping();
                foreach (JsonProperty property in json.EnumerateObject())
                {
                    mapping[Text.Of(property.Name, isForeign: true)] = Read(property.Value);
                }
                return mapping;
            default:
                return None.Value;
        }
    }

    private static string String(JsonElement json)
    {
        try
        {
            return json.GetString()!;
        }
        catch (InvalidOperationException e)
        {
            throw new InvalidRequestException($"Reading a text of JSON: expected well-formed Unicode. {e.Message} Correct the text.");
        }
    }

    private void Append(object value, int depth)
    {
        Budget.RequireStack();
        switch (value)
        {
            case Text text:
                _json.Append(Quoted(text.Value), text.IsForeign);
                break;
            case Mapping mapping:
                IEnumerable<KeyValuePair<object, object>> pairs = _sortsKeys ? mapping.OrderBy(pair => Key(pair.Key).Value, StringComparer.Ordinal) : mapping;
                AppendAll("{", "}", pairs, depth, pair =>
                {
                    Text key = Key(pair.Key);
                    _json.Append(Quoted(key.Value), key.IsForeign).Append(_keySeparator);
                    Append(pair.Value, depth + 1);
                });
                break;
            case List<object> or PyTuple:
                AppendAll("[", "]", PyType.TryItems(value)!, depth, item => Append(item, depth + 1));
                break;
            default:
                _json.Append(Scalar(value));
                break;
        }
    }

    private void AppendAll<T>(string open, string close, IEnumerable<T> items, int depth, Action<T> append)
    {
        _json.Append(open);
        bool any = false;
        foreach (T item in items)
        {
            _json.Append(any ? _itemSeparator : "");
            AppendLine(depth + 1);
            append(item);
            any = true;
        }
        if (any)
        {
            AppendLine(depth);
        }
        _json.Append(close);
    }

    private void AppendLine(int depth)
    {
        if (_indent is not null)
        {
            _json.Append("\n" + string.Concat(Enumerable.Repeat(_indent, depth)));
        }
    }

    private static string Scalar(object value) => value switch
    {
        None => "null",
        bool truth => truth ? "true" : "false",
        BigInteger number => number.ToString(CultureInfo.InvariantCulture),
        double number => double.IsNaN(number) ? "NaN" : double.IsInfinity(number) ? number > 0 ? "Infinity" : "-Infinity" : PyText.Float(number),
        _ => throw new JinjaException($"Object of type {PyType.Name(value)} is not JSON serializable"),
    };

    private static Text Key(object key) => key as Text ?? Text.Own(Scalar(key));

    private string Quoted(string text)
    {
        var quoted = new StringBuilder(text.Length + 2).Append('"');
        foreach (char character in text)
        {
            _ = character switch
            {
                '"' => quoted.Append("\\\""),
                '\\' => quoted.Append("\\\\"),
                '\n' => quoted.Append("\\n"),
                '\r' => quoted.Append("\\r"),
                '\t' => quoted.Append("\\t"),
                '\b' => quoted.Append("\\b"),
                '\f' => quoted.Append("\\f"),
                < ' ' => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                > '~' when _asciiOnly => quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)character:x4}"),
                _ => quoted.Append(character),
            };
        }
        return quoted.Append('"').ToString();
    }
}
