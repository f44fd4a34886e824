using System.Text.Json;
using Engine.Api.Requests;

namespace Engine.Api.Anthropic;

/// <summary>The body of <c>POST /v1/messages</c>.</summary>
internal sealed class MessagesRequest : CountTokensRequest
{
    /// <summary>Anthropic's defaults, not the engine's: clients of that API rely on them.</summary>
    private static readonly SamplingOptions Defaults = SamplingOptions.Default with { Temperature = 1, TopP = 1, TopK = 0, MinP = 0 };

    private static readonly string[] Known = NamesOf(AnthropicJson.Api.MessagesRequest);

    /// <summary>The maximum number of tokens of the answer; required.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Texts that end the answer.</summary>
    public TextList? StopSequences { get; set; }

    /// <summary>Whether the answer is streamed as events.</summary>
    public bool? Stream { get; set; }

    /// <summary>Divides the logits; 0 keeps only the largest.</summary>
    public float? Temperature { get; set; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches this.</summary>
    public float? TopP { get; set; }

    /// <summary>Keeps the k largest logits.</summary>
    public int? TopK { get; set; }

    /// <summary><c>always_valid</c>: a constrained answer that nears its token limit takes the shortest way to a complete end.</summary>
    public string? Finish { get; set; }

    /// <summary>Whether keywords written as lines of a schema's descriptions count, such as <c>format: date-time</c>.</summary>
    public bool? ReadsDescriptions { get; set; }

    /// <summary>The client's metadata; ignored.</summary>
    public JsonElement? Metadata { get; set; }

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or a form of the answer is invalid.</exception>
    public GenerationSettings Settings()
    {
        (string? field, Constraint? form) = AnswerForms.Single(
            ("output_config.format", OutputConfig?.Format?.Read("output_config.format")), ("output_format", OutputFormat?.Read("output_format")));
        return new GenerationSettings
        {
            MaxTokens = Check.Integer("max_tokens", MaxTokens, 1, int.MaxValue) ?? throw Check.Wrong("max_tokens", "a whole number from 1", "none"),
            Sampling = new SamplingOptions
            {
                Temperature = Check.Number("temperature", Temperature, 0, 2),
                TopP = Check.Number("top_p", TopP, 0, 1),
                TopK = Check.Integer("top_k", TopK, 0, int.MaxValue),
            },
            Defaults = Defaults,
            Stop = Check.Stops("stop_sequences", StopSequences),
            Constraint = form,
            ConstraintField = field,
            Tools = OfferedTools(),
            ReadsDescriptions = ReadsDescriptions,
            AlwaysValid = AnswerForms.EndsWhole(Finish),
        };
    }

    protected override void CheckUnknown() => Check.Unknown(Unknown, Known);
}
