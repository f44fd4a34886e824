using System.Text.Json;

namespace Engine.Api.Anthropic;

/// <summary>A block of a message's content: text, a tool call or a tool result.</summary>
/// <param name="Type"><c>text</c>, <c>tool_use</c> or <c>tool_result</c>.</param>
/// <param name="Text">The text, or what a tool returned; null for a call.</param>
/// <param name="Id">The call's; null for a text.</param>
/// <param name="Name">The tool that is called.</param>
/// <param name="Input">Its arguments, an object.</param>
internal sealed record ContentBlock(string Type, string? Text, string? Id = null, string? Name = null, JsonElement? Input = null)
{
    public const string TextType = "text";
    public const string CallType = "tool_use";
    public const string ResultType = "tool_result";

    /// <summary>A block of text.</summary>
    public static ContentBlock OfText(string text) => new(TextType, text);

    /// <summary>Reads a block of a content.</summary>
    /// <param name="block">The block.</param>
    /// <param name="index">Its index in the content.</param>
    /// <returns>Null for the thoughts of an earlier answer, which Anthropic does not feed back either.</returns>
    /// <exception cref="JsonException">It is not a known block.</exception>
    public static ContentBlock? Read(JsonElement block, int index)
    {
        string? type = block.ValueKind == JsonValueKind.Object ? TextOf(block, "type") : null;
        return type switch
        {
            TextType => OfText(Required("text")),
            CallType => new ContentBlock(CallType, null, Required("id"), Required("name"), Arguments()),
            ResultType => new ContentBlock(ResultType, Result(), Required("tool_use_id")),
            "thinking" or "redacted_thinking" => null,
            _ => throw new JsonException(
                $"expected blocks of type {TextType}, {CallType} or {ResultType}, because the model reads no others (block {index} is {(type is null ? "of none" : $"'{type}'")})"),
        };

        string Required(string name) => TextOf(block, name) ?? throw new JsonException($"expected a string '{name}' in block {index}");

        JsonElement? Arguments() => !block.TryGetProperty("input", out JsonElement input) || input.ValueKind == JsonValueKind.Null ? null
            : input.ValueKind == JsonValueKind.Object ? input
            : throw new JsonException($"expected an object 'input' in block {index}");

        string Result()
        {
            bool failed = block.TryGetProperty("is_error", out JsonElement error) && error.ValueKind == JsonValueKind.True;
            string text = !block.TryGetProperty("content", out JsonElement content) ? "" : content.ValueKind switch
            {
                JsonValueKind.Null => "",
                JsonValueKind.String => content.GetString()!,
                JsonValueKind.Array when content.EnumerateArray().Select(Read).ToArray() is var parts && parts.All(part => part?.Type == TextType) =>
                    string.Concat(parts.Select(part => part!.Text)),
                _ => throw new JsonException($"expected a string or blocks of text as the 'content' of block {index}"),
            };
            // Chat templates have no notion of a failed result, so the text says it.
            return !failed || text.StartsWith("error", StringComparison.OrdinalIgnoreCase) ? text : text.Length == 0 ? "Error" : $"Error: {text}";
        }
    }

    private static string? TextOf(JsonElement block, string name) =>
        block.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
