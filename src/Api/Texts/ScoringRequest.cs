using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Answers;
using Engine.Api.OpenAI;
using Engine.Api.Requests;

namespace Engine.Api.Texts;

/// <summary>The body of <c>POST /v1/score</c>.</summary>
internal sealed class ScoringRequest
{
    private const int MaxTopLogprobs = 20;

    private static readonly string[] Known =
        [.. TextsJson.Api.ScoringRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The text or token ids to score, or several of either; for an encoder–decoder, the target.</summary>
    public PromptList? Input { get; set; }

    /// <summary>The source for an encoder–decoder: one for all inputs, or one for each.</summary>
    public PromptList? Source { get; set; }

    /// <summary>The number of most probable tokens to return with each token.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary><c>production</c>, or <c>strict</c>: F32 keys and values, no flash attention, nothing else in the batch.</summary>
    public string? Numerics { get; set; }

    /// <summary>Unknown fields; ignored, except those that look like a typo.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>The number of most probable tokens to return with each token; 0 for none.</summary>
    /// <exception cref="ApiException">Out of range.</exception>
    public int Top() => Check.Integer("top_logprobs", TopLogprobs, 0, MaxTopLogprobs) ?? 0;

    /// <summary>How exactly to compute.</summary>
    /// <exception cref="ApiException">Not one of the known values.</exception>
    public Numerics ReadNumerics() => Numerics switch
    {
        null or "production" => Engine.Numerics.Production,
        "strict" => Engine.Numerics.Strict,
        _ => throw Check.Wrong("numerics", "'production' or 'strict'", $"'{Numerics}'"),
    };

    /// <summary>The inputs, each with its source; null for none.</summary>
    /// <exception cref="ApiException">There are no inputs, or the number of sources does not match.</exception>
    public IReadOnlyList<(Prompt Input, Prompt? Source)> Inputs()
    {
        Check.Unknown(Unknown, Known);
        IReadOnlyList<Prompt> inputs = Input is { Prompts.Count: > 0 and <= Vectors.MaxInputs } some ? some.Prompts
            : throw Check.Wrong("input", $"1 to {Vectors.MaxInputs} texts or lists of token ids", $"{Input?.Prompts.Count ?? 0}");
        IReadOnlyList<Prompt>? sources = Source?.Prompts;
        return sources is null || sources.Count == inputs.Count || sources.Count == 1
            ? [.. inputs.Select((input, i) => (input, sources is null ? null : sources[sources.Count == 1 ? 0 : i]))]
            : throw Check.Wrong("source", $"one for all inputs or one for each of the {inputs.Count}", $"{sources.Count}");
    }
}
