using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.LlamaCpp;
using Engine.Registry;
using Microsoft.Extensions.Logging;

namespace Engine.Remote.Isolation;

/// <summary>What a child process is to do: one line of JSON on its standard input.</summary>
/// <param name="Version">The version of this format. Parent and child are the same build, unless a <see cref="ChildProgram"/> names another.</param>
/// <param name="Model">What it runs; paths are absolute.</param>
/// <param name="Endpoint">Where it listens, as in <see cref="ModelOptions.Endpoint"/>: a Unix socket, on Windows a pipe.</param>
/// <param name="Log">The lowest level that its parent logs.</param>
internal sealed record ChildOrder(int Version, ModelOptions Model, string Endpoint, LogLevel Log)
{
    /// <summary>How llama.cpp computes, for a measurement; null for the defaults.</summary>
    public NativeVariant? Variant { get; init; }

    public const int CurrentVersion = 1;
    public const string Unix = "unix:", Pipe = "pipe:";

    /// <summary>The order for a model. When to load it, its gate and its process are up to the parent.</summary>
    public static ChildOrder For(ModelOptions model, string endpoint, LogLevel log) => new(CurrentVersion, model with
    {
        Isolation = default,
        Backend = StrictSection.Same(model.Backend, ProcessBackend.BackendName) ? BackendChoice.Auto : model.Backend,
        Load = ModelLoad.AtStart,
        UnloadAfter = null,
        Gate = null,
    }, endpoint, log);

    public string ToLine() => JsonSerializer.Serialize(this, ChildOrderJson.Default.ChildOrder);

    /// <summary>Null for anything else.</summary>
    public static ChildOrder? Parse(string? line)
    {
        try
        {
            return string.IsNullOrEmpty(line) ? null : JsonSerializer.Deserialize(line, ChildOrderJson.Default.ChildOrder) is { Version: CurrentVersion, Model: not null, Endpoint: not null } order ? order : null;
        }
        catch (JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(ChildOrder))]
internal sealed partial class ChildOrderJson : JsonSerializerContext;
