using System.Text.Json;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>The parts of a tokenizer.json: each is null, one step, or a sequence of steps.</summary>
internal static class TokenizerParts
{
    /// <summary>The steps of a part, with sequences flattened.</summary>
    /// <param name="file">The root.</param>
    /// <param name="part"><c>normalizer</c>, <c>pre_tokenizer</c> or <c>post_processor</c>.</param>
    public static IReadOnlyList<JsonElement> Steps(JsonElement file, string part) =>
        Get(file, part) is { ValueKind: JsonValueKind.Object } step ? [.. Flatten(step)] : [];

    /// <summary>A step's type.</summary>
    public static string Type(JsonElement step) => Text(step, "type") ?? "";

    /// <summary>A field of a step that is text; null if it is not.</summary>
    public static string? Text(JsonElement step, string name) =>
        Get(step, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A required text.</summary>
    /// <exception cref="FormatException">The value is something else.</exception>
    public static string Require(JsonElement value) => value.ValueKind == JsonValueKind.String ? value.GetString()! : throw new FormatException($"a {value.ValueKind} instead of a text.");

    /// <summary>A flag of a step.</summary>
    public static bool Flag(JsonElement step, string name, bool absent) =>
        Get(step, name) is { ValueKind: JsonValueKind.True or JsonValueKind.False } value ? value.GetBoolean() : absent;

    /// <summary>A pattern, either a text or a regular expression.</summary>
    public static (string? String, string? Regex) Pattern(JsonElement step) => Get(step, "pattern") is { ValueKind: JsonValueKind.Object } pattern
        ? (Text(pattern, "String"), Text(pattern, "Regex")) : (null, null);

    /// <summary>The error for a step that has no counterpart.</summary>
    public static ModelFileException Refuse(string part, JsonElement step, string expected)
    {
        const int Most = 300;
        string raw = step.GetRawText();
        return new($"Reading tokenizer.json: expected {expected} in '{part}', found {(raw.Length > Most ? raw[..Most] + "…" : raw)}. llama.cpp has no such rule, or it is not supported here yet.");
    }

    private static IEnumerable<JsonElement> Flatten(JsonElement step)
    {
        string? list = Type(step) != "Sequence" ? null
            : step.TryGetProperty("normalizers", out _) ? "normalizers" : step.TryGetProperty("pretokenizers", out _) ? "pretokenizers" : "processors";
        return list is null ? [step]
            : step.TryGetProperty(list, out JsonElement steps) && steps.ValueKind == JsonValueKind.Array ? steps.EnumerateArray().SelectMany(Flatten) : [];
    }

    private static JsonElement? Get(JsonElement step, string name) =>
        step.ValueKind == JsonValueKind.Object && step.TryGetProperty(name, out JsonElement value) ? value : null;
}
