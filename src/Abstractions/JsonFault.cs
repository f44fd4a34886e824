using System.Text.Json;

namespace Engine;

/// <summary>Describes where a text stops being JSON, for messages; System.Text.Json's own mention its types and settings.</summary>
internal static class JsonFault
{
    /// <summary>Such as "what is not JSON at line 2, column 7".</summary>
    public static string Describe(JsonException e) =>
        e.Message.StartsWith("Duplicate property", StringComparison.Ordinal) && e.Message.Split('\'') is [_, { } name, ..] ? $"'{name}' twice"
        : e is { LineNumber: long line, BytePositionInLine: long column } ? $"what is not JSON at line {line + 1}, column {column + 1}"
        : "what is not JSON";
}
