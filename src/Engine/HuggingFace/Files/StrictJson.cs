using System.Text.Json;
using System.Text.Unicode;

namespace Engine.HuggingFace.Files;

/// <summary>Reads JSON whose texts are all text: the parser itself takes bytes that are no UTF-8 and halves of characters, and fails when they
/// are requested.</summary>
internal static class StrictJson
{
    /// <summary>Parses it.</summary>
    /// <exception cref="JsonException">It is not JSON, it names a field twice, or a string in it is not valid Unicode.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
        {
            throw new JsonException("bytes that are no UTF-8.");
        }
        var reader = new Utf8JsonReader(json.Span);
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && reader.ValueIsEscaped)
            {
                RequireText(ref reader);
            }
        }
        return JsonDocument.Parse(json, new JsonDocumentOptions { AllowDuplicateProperties = false });
    }

    private static void RequireText(ref Utf8JsonReader reader)
    {
        try
        {
            reader.GetString();
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException($"a text that is none at byte {reader.TokenStartIndex}.", e);
        }
    }
}
