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

    /// <summary>What is scored: a text or token ids, or several of either. Of an encoder–decoder, what it answers.</summary>
    public PromptList? Input { get; set; }

    /// <summary>What an encoder–decoder answers to: one for all inputs, or one for each.</summary>
    public PromptList? Source { get; set; }

    /// <summary>How many of the most probable tokens come with each.</summary>
    public int? TopLogprobs { get; set; }

    /// <summary><c>production</c>, or <c>strict</c>: F32 keys and values, no flash attention, nothing else in the batch.</summary>
    public string? Numerics { get; set; }

    /// <summary>Fields that are not known; passed over, but for those that look like a mistyped one.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>How many of the most probable tokens come with each; 0 for none.</summary>
    /// <exception cref="ApiException">Out of range.</exception>
    public int Top() => Check.Integer("top_logprobs", TopLogprobs, 0, MaxTopLogprobs) ?? 0;

    /// <summary>How exactly to compute.</summary>
    /// <exception cref="ApiException">In no known way.</exception>
    public Numerics ReadNumerics() => Numerics switch
    {
        null or "production" => Engine.Numerics.Production,
        "strict" => Engine.Numerics.Strict,
        _ => throw Check.Wrong("numerics", "'production' or 'strict'", $"'{Numerics}'"),
    };

    /// <summary>The inputs, each with its source; null for none.</summary>
    /// <exception cref="ApiException">There are none, or not as many sources.</exception>
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
