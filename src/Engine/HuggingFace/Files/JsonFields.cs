using System.Globalization;
using System.Text.Json;

namespace Engine.HuggingFace.Files;

/// <summary>An object of a JSON file, read field by field. A field that was not read is refused at the end, because a field that changes
/// the computation must not be ignored.</summary>
/// <param name="file">The file's name, for messages.</param>
/// <param name="element">The object.</param>
/// <param name="path">The object's path in the file, with a dot at the end; empty at the root.</param>
internal sealed class JsonFields(string file, JsonElement element, string path = "")
{
    private readonly HashSet<string> _known = new(StringComparer.Ordinal);

    /// <summary>The root of a file.</summary>
    /// <exception cref="ModelFileException">It is not an object.</exception>
    public static JsonFields Of(string file, JsonDocument document) => document.RootElement.ValueKind == JsonValueKind.Object
        ? new JsonFields(file, document.RootElement)
        : throw new ModelFileException($"Reading {file}: expected a JSON object, found {Describe(document.RootElement)}.");

    /// <summary>Whether the field is present and not null.</summary>
    public bool Has(string name) => Find(name) is not null;

    /// <summary>Whether the field is present, even if it is null.</summary>
    public bool IsThere(string name) => element.TryGetProperty(name, out _);

    /// <summary>The unparsed field, or null if it is absent or null.</summary>
    public JsonElement? Find(string name)
    {
        _known.Add(name);
        return element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;
    }

    /// <summary>An integer of at least 1.</summary>
    public int Positive(string name) => OptionalPositive(name) ?? throw Refuse(name, $"a number from 1 to {int.MaxValue}", "none");

    /// <summary>Like <see cref="Positive(string)"/>, with a value for an absent field.</summary>
    public int Positive(string name, int absent) => OptionalPositive(name) ?? absent;

    /// <summary>Like <see cref="Positive(string)"/>; null if the field is absent.</summary>
    public int? OptionalPositive(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number > 0 ? number
        : throw Refuse(name, $"a number from 1 to {int.MaxValue}", Describe(value));

    /// <summary>The id of a token, or the first one of a list; null if the field is absent.</summary>
    public int? Token(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Array ? value.EnumerateArray().Select(each => (int?)Id(name, each)).FirstOrDefault() : Id(name, value);

    /// <summary>Ids of tokens: a number or a list.</summary>
    public IReadOnlyList<int> Tokens(string name) => Find(name) is not { } value ? []
        : value.ValueKind == JsonValueKind.Array ? [.. value.EnumerateArray().Select(each => Id(name, each))] : [Id(name, value)];

    /// <summary>A finite number.</summary>
    public double Number(string name, double? absent = null) =>
        Find(name) is not { } value ? absent ?? throw Refuse(name, "a number", "none")
        : value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number) ? number
        : throw Refuse(name, "a number", Describe(value));

    /// <summary>A finite number above 0.</summary>
    public double Above0(string name, double? absent = null) =>
        Number(name, absent) is > 0 and { } number ? number : throw Refuse(name, "a number above 0", Describe(element.GetProperty(name)));

    /// <summary>A list of finite numbers above 0.</summary>
    public float[] Positives(string name)
    {
        JsonElement list = Find(name) ?? throw Refuse(name, "a list of numbers above 0", "none");
        return list.ValueKind != JsonValueKind.Array ? throw Refuse(name, "a list of numbers above 0", Describe(list))
            : [.. list.EnumerateArray().Select(each => each.ValueKind == JsonValueKind.Number && each.TryGetSingle(out float number) && number > 0 && float.IsFinite(number) ? number
                : throw Refuse(name, "a list of numbers above 0", Describe(each)))];
    }

    /// <summary>True or false.</summary>
    public bool Flag(string name, bool absent) => Find(name) is not { } value ? absent
        : value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Refuse(name, "true or false", Describe(value));

    /// <summary>A text; null if it is absent.</summary>
    public string? Text(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.String ? value.GetString() : throw Refuse(name, "a text", Describe(value));

    /// <summary>An object; null if it is absent.</summary>
    public JsonFields? Object(string name) => Find(name) is not { } value ? null
        : value.ValueKind == JsonValueKind.Object ? new JsonFields(file, value, $"{path}{name}.") : throw Refuse(name, "an object", Describe(value));

    /// <summary>One of some words.</summary>
    /// <param name="name">The field.</param>
    /// <param name="absent">The value of an absent field.</param>
    /// <param name="known">The values that can be imported.</param>
    public string OneOf(string name, string absent, params string[] known)
    {
        string found = Text(name) ?? absent;
        return known.Contains(found) ? found : throw Refuse(name, known.Length == 1 ? $"'{known[0]}'" : $"one of {string.Join(", ", known.Select(each => $"'{each}'"))}", $"'{found}'");
    }

    /// <summary>A flag that must have one value, because the other has no counterpart in llama.cpp.</summary>
    public void Require(string name, bool expected)
    {
        if (Flag(name, expected) != expected)
        {
            throw Refuse(name, expected ? "true" : "false", expected ? "false" : "true");
        }
    }

    /// <summary>A field that must be absent, null or empty.</summary>
    public void RequireAbsent(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            if (Find(name) is { } value && value is not { ValueKind: JsonValueKind.False } && !IsEmpty(value))
            {
                throw Refuse(name, "none", Describe(value));
            }
        }
    }

    /// <summary>Accepts fields that do not affect what the model computes.</summary>
    public void Neutral(params ReadOnlySpan<string> names)
    {
        foreach (string name in names)
        {
            _known.Add(name);
        }
    }

    /// <summary>Refuses an object with fields that were not read.</summary>
    /// <exception cref="ModelFileException">There are such fields; the message names the first.</exception>
    public void RequireAllKnown()
    {
        foreach (JsonProperty field in element.EnumerateObject())
        {
            if (!_known.Contains(field.Name) && field.Value.ValueKind != JsonValueKind.Null)
            {
                throw new ModelFileException($"Reading {file}: the field '{path}{field.Name}' ({Describe(field.Value)}) is unknown and may change what the model computes. Remove the field if you know that it does not, or use a newer version.");
            }
        }
    }

    /// <summary>The error for a field with an unsupported value.</summary>
    public ModelFileException Refuse(string name, string expected, string found) =>
        new($"Reading {file}: expected {expected} in '{path}{name}', found {found}. Models of this kind cannot be imported; use another.");

    private int Id(string name, JsonElement value) => value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int id) && id >= 0 ? id
        : throw Refuse(name, "the id of a token", Describe(value));

    private static bool IsEmpty(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => !value.EnumerateObject().Any(),
        JsonValueKind.Array => value.GetArrayLength() == 0,
        _ => false,
    };

    private static string Describe(JsonElement value)
    {
        const int Most = 60;
        string text = value.ValueKind == JsonValueKind.String ? $"'{value.GetString()}'" : value.GetRawText();
        return text.Length <= Most ? text : string.Create(CultureInfo.InvariantCulture, $"{text[..Most]}…");
    }
}
