using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>Reads keywords from the lines at the end of a description, where Microsoft.Extensions.AI.OpenAI writes those that a strict schema may not contain:
/// <c>format: date-time</c>, <c>minimum: 1</c>, <c>not: { … }</c> over several lines. A line that is not such a keyword is prose, and so is everything before it.</summary>
internal static class DescriptionLines
{
    private const int MaxLines = 200;

    public static List<(string Keyword, JsonElement Value)> Read(string description)
    {
        List<(string, JsonElement)> keywords = [];
        ReadOnlySpan<char> rest = description;
        while (Last(ref rest) is (string, JsonElement) keyword)
        {
            keywords.Add(keyword);
        }
        keywords.Reverse();
        return keywords;
    }

    /// <summary>Removes the last keyword from a text.</summary>
    private static (string Keyword, JsonElement Value)? Last(ref ReadOnlySpan<char> text)
    {
        ReadOnlySpan<char> trimmed = text.TrimEnd();
        // Only a value in braces may take several lines.
        bool isObject = trimmed.EndsWith("}");
        int end = trimmed.Length;
        for (int lines = 0; end > 0 && lines < MaxLines; lines++)
        {
            int start = trimmed[..end].LastIndexOf('\n') + 1;
            int colon = trimmed[start..].IndexOf(": ", StringComparison.Ordinal);
            if (colon > 0 && Value(trimmed.Slice(start, colon), trimmed[(start + colon + 2)..]) is (string, JsonElement) keyword)
            {
                text = trimmed[..Math.Max(0, start - 1)];
                return keyword;
            }
            if (!isObject || start == 0)
            {
                return null;
            }
            end = start - 1;
        }
        return null;
    }

    private static (string, JsonElement)? Value(ReadOnlySpan<char> keyword, ReadOnlySpan<char> text) => keyword switch
    {
        "format" or "pattern" or "contentEncoding" => text.Contains('\n') ? null
            : (keyword.ToString(), JsonElement.Parse($"\"{JsonEncodedText.Encode(text)}\"")),
        "minimum" or "maximum" or "exclusiveMinimum" or "exclusiveMaximum" => Json(keyword, text, value => value.TryGetDecimal(out _)),
        "multipleOf" => Json(keyword, text, value => value.TryGetDecimal(out decimal step) && step > 0),
        "minLength" or "maxLength" or "minItems" or "maxItems" or "minProperties" or "maxProperties" =>
            Json(keyword, text, value => value.TryGetInt32(out int count) && count is >= 0 and <= SchemaReader.MaxAsked),
        "uniqueItems" => text is "true" or "false" ? (keyword.ToString(), JsonElement.Parse(text.ToString())) : null,
        "not" or "propertyNames" or "patternProperties" or "unevaluatedProperties" => Json(keyword, text, null),
        _ => null,
    };

    /// <summary>The value, if it is a number of the required kind, or an object for a keyword that requires nothing of it.</summary>
    private static (string, JsonElement)? Json(ReadOnlySpan<char> keyword, ReadOnlySpan<char> text, Func<JsonElement, bool>? isRight)
    {
        try
        {
            var value = JsonElement.Parse(text.ToString());
            return (isRight is null ? value.ValueKind == JsonValueKind.Object : value.ValueKind == JsonValueKind.Number && isRight(value))
                ? (keyword.ToString(), value) : null;
        }
        catch (JsonException)
        {
            // Prose.
            return null;
        }
    }
}
