using System.Globalization;
using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Engine.Api.Requests;

/// <summary>Explains what in a body does not match its type: the serializer's own message names .NET types and quotes nothing.</summary>
internal static class JsonMistake
{
    private const int MaxQuoted = 60;

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <param name="body">The whole body.</param>
    /// <param name="fault">The serializer's exception.</param>
    /// <param name="type">What was expected.</param>
    public static ApiException Describe(ReadOnlyMemory<byte> body, JsonException fault, JsonTypeInfo type)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(body, Strict);
        }
        catch (JsonException e)
        {
            return ApiException.Invalid($"Reading the request's body: expected JSON, found {JsonFault.Describe(e)}. Correct the body.");
        }
        using (document)
        {
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                return JsonBody.NoObject(Kind(document.RootElement));
            }
            (string name, JsonElement? found, Type? expected) = Follow(document.RootElement, fault.Path ?? "$", type);
            if (fault.GetBaseException().Message.Contains("surrogate", StringComparison.Ordinal))
            {
                // Half a surrogate pair, such as "\ud800", is valid JSON but not valid text.
                return ApiException.Invalid($"Reading the field '{name}': expected text, found half a surrogate pair. Escape both halves.", name);
            }
            string wanted = fault.Message.StartsWith("expected ", StringComparison.Ordinal) ? fault.Message.Split(" Path: ")[0].TrimEnd('.')
                : "expected " + Words(expected);
            return ApiException.Invalid($"Reading the field '{name}': {wanted}, found {(found is { } value ? Quote(value) : "none")}.", name);
        }
    }

    /// <summary>What a value is, in JSON's words.</summary>
    public static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        JsonValueKind.String => "a string",
        JsonValueKind.Number => "a number",
        _ => value.GetRawText(), // true, false, null
    };

    /// <summary>A value as written in the body, shortened.</summary>
    public static string Quote(JsonElement value)
    {
        string text = value.GetRawText();
        return text.Length <= MaxQuoted ? text : text[..MaxQuoted] + "…";
    }

    // A path such as $.messages[0].content; a name that is not an identifier is written ['a b'].
    private static (string Name, JsonElement? Found, Type? Expected) Follow(JsonElement root, string path, JsonTypeInfo type)
    {
        JsonElement? value = root;
        JsonTypeInfo? at = type;
        Type? expected = type.Type;
        for (int i = 1; i < path.Length;)
        {
            if (path[i] == '.')
            {
                int end = path.AsSpan(i + 1).IndexOfAny('.', '[') is var next && next >= 0 ? i + 1 + next : path.Length;
                Step(path[(i + 1)..end]);
                i = end;
            }
            else if (path.AsSpan(i).StartsWith("['"))
            {
                int end = path.IndexOf("']", i, StringComparison.Ordinal) is var close && close >= 0 ? close : path.Length - 2;
                Step(path[(i + 2)..end]);
                i = end + 2;
            }
            else
            {
                int end = path.IndexOf(']', i) is var close && close >= 0 ? close : path.Length - 1;
                int index = int.TryParse(path.AsSpan(i + 1, end - i - 1), CultureInfo.InvariantCulture, out int n) ? n : 0;
                value = value is { ValueKind: JsonValueKind.Array } array && index < array.GetArrayLength() ? array[index] : value;
                Type? element = at?.ElementType ?? at?.Type.GetCustomAttribute<ItemsAttribute>()?.Item;
                expected = element ?? expected;
                at = element is null ? null : type.Options.GetTypeInfo(element);
                i = end + 1;
            }
        }
        return (path.Length > 2 ? path[2..] : "body", value, expected);

        void Step(string name)
        {
            value = value is { ValueKind: JsonValueKind.Object } o && o.TryGetProperty(name, out JsonElement member) ? member : null;
            expected = at?.Kind == JsonTypeInfoKind.Dictionary ? at.ElementType : at?.Properties.FirstOrDefault(known => known.Name == name)?.PropertyType;
            at = expected is null ? null : type.Options.GetTypeInfo(expected);
        }
    }

    private static string Words(Type? type)
    {
        type = type is null ? null : Nullable.GetUnderlyingType(type) ?? type;
        return type switch
        {
            null => "another value",
            _ when type == typeof(string) => "a string",
            _ when type == typeof(bool) => "true or false",
            _ when type == typeof(int) => "a whole number",
            _ when type == typeof(long) => "a whole number of 64 bits",
            _ when type == typeof(float) || type == typeof(double) => "a number",
            _ when typeof(System.Collections.IList).IsAssignableFrom(type) => "an array",
            _ when type.IsGenericType && type.GetGenericTypeDefinition() == typeof(IReadOnlyList<>) => "an array",
            _ => "an object",
        };
    }
}
