using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>The fields that OpenAI's completions and chat completions share.</summary>
internal abstract class GenerationBody : ConstrainedBody
{
    /// <summary>OpenAI's limit.</summary>
    private const int MaxAnswers = 128;

    /// <summary>OpenAI's limit.</summary>
    private const float LargestBias = 100;

    /// <summary>OpenAI's defaults, not the engine's: clients of that API rely on them.</summary>
    private static readonly SamplingOptions Defaults = SamplingOptions.Default with { Temperature = 1, TopP = 1, TopK = 0, MinP = 0, PenaltyWindow = -1 };

    // Fields that clients send and that change nothing here.
    private static readonly string[] PassedOver = ["store", "service_tier", "prompt_cache_key", "prompt_cache_retention", "safety_identifier", "reasoning_effort", "verbosity"];

    /// <summary>The model's name; null for the default one.</summary>
    public string? Model { get; set; }

    /// <summary>The maximum number of tokens of the answer.</summary>
    public int? MaxTokens { get; set; }

    /// <summary>Divides the logits; 0 keeps only the largest.</summary>
    public float? Temperature { get; set; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches this.</summary>
    public float? TopP { get; set; }

    /// <summary>Keeps the k largest logits; 0 or -1 keeps all.</summary>
    public int? TopK { get; set; }

    /// <summary>Keeps tokens with at least this fraction of the largest probability.</summary>
    public float? MinP { get; set; }

    /// <summary>The same seed and request give the same answer; -1 draws a random one.</summary>
    public long? Seed { get; set; }

    /// <summary>Texts that end an answer.</summary>
    public TextList? Stop { get; set; }

    /// <summary>Whether the answer is streamed as events.</summary>
    public bool? Stream { get; set; }

    /// <summary>What a streamed answer contains besides its text.</summary>
    public StreamOptions? StreamOptions { get; set; }

    /// <summary>Subtracted once from the logits of tokens that occurred.</summary>
    public float? PresencePenalty { get; set; }

    /// <summary>Subtracted from the logits of tokens once for each time they occurred.</summary>
    public float? FrequencyPenalty { get; set; }

    /// <summary>Divides positive and multiplies negative logits of tokens that occurred.</summary>
    public float? RepetitionPenalty { get; set; }

    /// <summary>How often XTC removes the most probable tokens.</summary>
    public float? XtcProbability { get; set; }

    /// <summary>The probability from which XTC counts a token as likely.</summary>
    public float? XtcThreshold { get; set; }

    /// <summary>The version of Mirostat, 1 or 2; 0 is off.</summary>
    public int? Mirostat { get; set; }

    /// <summary>The surprise that Mirostat aims at, in bits per token.</summary>
    public float? MirostatTau { get; set; }

    /// <summary>How fast Mirostat corrects itself.</summary>
    public float? MirostatEta { get; set; }

    /// <summary>The samplers that run, in order.</summary>
    public SamplerList? Samplers { get; set; }

    /// <summary>Added to the logits of token ids, from -100 to 100.</summary>
    public Dictionary<string, float>? LogitBias { get; set; }

    /// <summary>The number of answers to each prompt.</summary>
    public int? N { get; set; }

    /// <summary>Whether the answer is verified against the reference.</summary>
    public bool? Verify { get; set; }

    /// <summary>The end user's id; ignored.</summary>
    public string? User { get; set; }

    /// <summary>The client's metadata; ignored.</summary>
    public Dictionary<string, JsonElement>? Metadata { get; set; }

    /// <summary>Unknown fields.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>Whether the answer is streamed.</summary>
    [JsonIgnore]
    public bool IsStreamed => Stream ?? false;

    /// <summary>Whether a streamed answer ends with the token counts.</summary>
    [JsonIgnore]
    public bool IncludesUsage => StreamOptions?.IncludeUsage ?? false;

    /// <summary>The smallest number of tokens that makes an answer.</summary>
    private protected virtual int FewestTokens => 1;

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or something is not supported.</exception>
    protected GenerationSettings Read(IReadOnlyCollection<string> known)
    {
        Check.Unknown(Unknown?.Where(field => !PassedOver.Contains(field.Key)).ToDictionary(), known);
        if (StreamOptions is not null && !IsStreamed)
        {
            throw ApiException.Invalid("Reading the field 'stream_options': expected 'stream' to be true beside it.", "stream_options");
        }
        (string? field, Constraint? form) = Form();
        return new GenerationSettings
        {
            MaxTokens = Check.Integer("max_tokens", MaxTokens, FewestTokens, int.MaxValue),
            Sampling = Sampling(),
            Defaults = Defaults,
            LogitBias = Biases(),
            Constraint = form,
            ConstraintField = field,
            ReadsDescriptions = ReadsDescriptions,
            AlwaysValid = AnswerForms.EndsWhole(Finish),
            Stop = Check.Stops("stop", Stop),
            Answers = Check.Integer("n", N, 1, MaxAnswers) ?? 1,
            Verify = Verify ?? false,
        };
    }

    private SamplingOptions Sampling() => new()
    {
        Temperature = Check.Number("temperature", Temperature, 0, 2),
        TopP = Check.Number("top_p", TopP, 0, 1),
        // Some clients write -1 for all.
        TopK = Check.Integer("top_k", TopK, -1, int.MaxValue) is { } k ? Math.Max(0, k) : null,
        MinP = Check.Number("min_p", MinP, 0, 1),
        PresencePenalty = Check.Number("presence_penalty", PresencePenalty, -2, 2),
        FrequencyPenalty = Check.Number("frequency_penalty", FrequencyPenalty, -2, 2),
        RepetitionPenalty = Check.Number("repetition_penalty", RepetitionPenalty, 0.01f, 10),
        XtcProbability = Check.Number("xtc_probability", XtcProbability, 0, 1),
        XtcThreshold = Check.Number("xtc_threshold", XtcThreshold, 0, 1),
        Mirostat = Check.Integer("mirostat", Mirostat, 0, 2),
        MirostatTau = Check.Number("mirostat_tau", MirostatTau, 0, 100),
        MirostatEta = Check.Number("mirostat_eta", MirostatEta, 0, 10),
        Samplers = Samplers?.Names,
        Seed = Check.Seed(Seed),
    };

    private Dictionary<int, float> Biases()
    {
        var biases = new Dictionary<int, float>();
        foreach ((string id, float bias) in LogitBias ?? [])
        {
            biases[int.TryParse(id, NumberStyles.None, CultureInfo.InvariantCulture, out int token)
                ? token
                : throw Check.Wrong("logit_bias", "token ids as its keys", $"'{id}'")] = Check.Number("logit_bias", bias, -LargestBias, LargestBias)!.Value;
        }
        return biases;
    }
}

/// <param name="IncludeUsage">Ends a streamed answer with the token counts.</param>
internal sealed record StreamOptions(bool? IncludeUsage);
