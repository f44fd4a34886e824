using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>A line that a child process writes to standard error for its parent: a signal, or a log entry. Other lines come from native code.</summary>
internal sealed record ChildLine
{
    /// <summary>A prefix that no native library uses.</summary>
    private const string Mark = "\u001eengine ";

    /// <summary>It listens at its endpoint and is loading its model.</summary>
    public bool Listens { get; init; }

    /// <summary>The fraction of the model that is loaded.</summary>
    public float? Loaded { get; init; }

    /// <summary>The state of its batch, after a change.</summary>
    public BatchReport? Batch { get; init; }

    public LogLevel Level { get; init; }

    public string? Category { get; init; }

    public string? Message { get; init; }

    public string ToText() => Mark + JsonSerializer.Serialize(this, ChildLineJson.Default.ChildLine);

    public static ChildLine? Parse(string text)
    {
        if (!text.StartsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }
        try
        {
            return JsonSerializer.Deserialize(text.AsSpan(Mark.Length), ChildLineJson.Default.ChildLine);
        }
        catch (JsonException)
        {
            return null; // native code has written into it
        }
    }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault)]
[JsonSerializable(typeof(ChildLine))]
internal sealed partial class ChildLineJson : JsonSerializerContext;
