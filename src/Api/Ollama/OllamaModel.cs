using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Engine.Api.Ollama;

/// <param name="Models">The models, the default one first.</param>
internal sealed record OllamaModelList(IReadOnlyList<OllamaModel> Models);

/// <summary>A configured model.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="Model">The same as the name.</param>
/// <param name="ModifiedAt">When its file was written.</param>
/// <param name="Size">Bytes of its tensors; of its file, until it is loaded.</param>
/// <param name="Digest">Identifies the file by its path, size and time; not a hash of its content.</param>
/// <param name="Details">What it is.</param>
internal sealed record OllamaModel(string Name, string Model, DateTime ModifiedAt, long Size, string Digest, OllamaDetails Details)
{
    /// <summary>When it will be unloaded if it gets no request; the year 9999 if it is kept. Only for loaded models, like the two below.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTime? ExpiresAt { get; init; }

    /// <summary>Bytes of its tensors on a device other than the CPU.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public long? SizeVram { get; init; }

    /// <summary>Tokens that a request may hold.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public int? ContextLength { get; init; }
}

/// <summary>The details of a model; empty strings until it is loaded.</summary>
/// <param name="ParentModel">Always empty.</param>
/// <param name="Format">Always <c>gguf</c>.</param>
/// <param name="Family">Its architecture.</param>
/// <param name="Families">The architecture again, as a list.</param>
/// <param name="ParameterSize">Its number of weights, such as <c>1.2B</c>.</param>
/// <param name="QuantizationLevel">The dominant tensor type, such as <c>Q4_K_M</c>.</param>
internal sealed record OllamaDetails(string ParentModel, string Format, string Family, IReadOnlyList<string> Families, string ParameterSize, string QuantizationLevel);

/// <summary>The body of <c>POST /api/show</c>.</summary>
internal sealed class OllamaShowRequest
{
    /// <summary>The model's name, with or without <c>:latest</c>; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The older name of <c>model</c>.</summary>
    public string? Name { get; set; }

    /// <summary>Unknown fields; ignored.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }
}

/// <summary>What is known about a model.</summary>
/// <param name="Template">Its chat template (Jinja); empty for none.</param>
/// <param name="Details">What it is.</param>
/// <param name="ModelInfo">Its file's metadata, by key.</param>
/// <param name="Capabilities">What it can do: <c>completion</c>, <c>embedding</c>.</param>
/// <param name="ModifiedAt">When its file was written.</param>
internal sealed record OllamaModelFacts(string Template, OllamaDetails Details, JsonObject ModelInfo, IReadOnlyList<string> Capabilities, DateTime ModifiedAt);

/// <param name="Version">The engine's.</param>
internal sealed record OllamaVersion(string Version);
