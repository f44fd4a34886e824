using System.Text.Json;
using System.Text.Unicode;

namespace Engine.HuggingFace.Files;

/// <summary>Parses JSON and checks all its texts. The parser itself accepts invalid UTF-8 and halves of surrogate pairs, and fails only when such
/// texts are requested.</summary>
internal static class StrictJson
{
    /// <summary>Parses a document.</summary>
    /// <exception cref="JsonException">It is not JSON, it names a field twice, or a string in it is not valid Unicode.</exception>
    public static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        if (!Utf8.IsValid(json.Span))
        {
            throw new JsonException("bytes that are not UTF-8.");
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
            throw new JsonException($"an invalid text at byte {reader.TokenStartIndex}.", e);
        }
    }
}
