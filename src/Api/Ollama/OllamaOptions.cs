using System.Text.Json;
using System.Text.Json.Serialization;
using Engine.Api.Requests;

namespace Engine.Api.Ollama;

/// <summary>The options of a generation. Those of loading (<c>num_ctx</c>, <c>num_gpu</c>, <c>num_thread</c>, …) are ignored: here
/// they belong to the configuration.</summary>
internal sealed class OllamaOptions
{
    /// <summary>The upper limit of temperatures and penalties.</summary>
    private const float Most = 100;

    /// <summary>Ollama's defaults, not the engine's: clients of that API rely on them.</summary>
    private static readonly SamplingOptions Defaults = SamplingOptions.Default with { TopP = 0.9f, MinP = 0, RepetitionPenalty = 1.1f };

    // Loading options, and some that have meant nothing for years. They are listed because some look like typos of others.
    private static readonly string[] PassedOver =
    [
        "num_ctx", "num_batch", "num_gpu", "main_gpu", "num_thread", "num_keep", "numa", "low_vram", "f16_kv", "logits_all", "vocab_only", "use_mmap", "use_mlock",
        "embedding_only", "penalize_newline", "rope_frequency_base", "rope_frequency_scale",
    ];

    private static readonly string[] Known =
        [.. OllamaJson.Api.OllamaOptions.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The maximum number of tokens of the answer; -1 and -2 for as many as the context holds.</summary>
    public int? NumPredict { get; set; }

    /// <summary>Divides the logits; 0 keeps only the largest.</summary>
    public float? Temperature { get; set; }

    /// <summary>Keeps the k largest logits; 0 keeps all.</summary>
    public int? TopK { get; set; }

    /// <summary>Keeps the smallest set of tokens whose probability reaches this.</summary>
    public float? TopP { get; set; }

    /// <summary>Keeps tokens with at least this fraction of the largest probability.</summary>
    public float? MinP { get; set; }

    /// <summary>The same seed and request give the same answer; -1 draws a random one.</summary>
    public long? Seed { get; set; }

    /// <summary>Texts that end the answer.</summary>
    public TextList? Stop { get; set; }

    /// <summary>Divides positive and multiplies negative logits of recent tokens.</summary>
    public float? RepeatPenalty { get; set; }

    /// <summary>How many recent tokens the penalties look at; 0 none, -1 all.</summary>
    public int? RepeatLastN { get; set; }

    /// <summary>Subtracted once from the logits of recent tokens.</summary>
    public float? PresencePenalty { get; set; }

    /// <summary>Subtracted from the logits of recent tokens once for each time they occurred.</summary>
    public float? FrequencyPenalty { get; set; }

    /// <summary>The version of Mirostat, 1 or 2; 0 is off.</summary>
    public int? Mirostat { get; set; }

    /// <summary>The surprise that Mirostat aims at, in bits per token.</summary>
    public float? MirostatTau { get; set; }

    /// <summary>How fast Mirostat corrects itself.</summary>
    public float? MirostatEta { get; set; }

    /// <summary>Locally typical sampling; only 1, which keeps all tokens, is supported.</summary>
    public float? TypicalP { get; set; }

    /// <summary>Tail-free sampling; only 1, which cuts nothing, is supported.</summary>
    public float? TfsZ { get; set; }

    /// <summary>Unknown options.</summary>
    [JsonExtensionData]
    public Dictionary<string, JsonElement>? Unknown { get; set; }

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or something is not supported.</exception>
    public GenerationSettings Settings()
    {
        Check.Unknown(Unknown?.Where(option => !PassedOver.Contains(option.Key)).ToDictionary(), Known);
        Check.NotSupported("typical_p", TypicalP is not (null or 1), "a choice of typical tokens");
        Check.NotSupported("tfs_z", TfsZ is not (null or 1), "a cut of the tail");
        return new GenerationSettings
        {
            MaxTokens = Check.Integer("num_predict", NumPredict, -2, int.MaxValue) is > 0 and int most ? most : null,
            Sampling = new SamplingOptions
            {
                Temperature = Check.Number("temperature", Temperature, 0, Most),
                TopK = Check.Integer("top_k", TopK, 0, int.MaxValue),
                TopP = Check.Number("top_p", TopP, 0, 1),
                MinP = Check.Number("min_p", MinP, 0, 1),
                Seed = Check.Seed(Seed),
                RepetitionPenalty = Check.Number("repeat_penalty", RepeatPenalty, 0.01f, 10),
                PenaltyWindow = Check.Integer("repeat_last_n", RepeatLastN, -1, int.MaxValue),
                PresencePenalty = Check.Number("presence_penalty", PresencePenalty, -2, 2),
                FrequencyPenalty = Check.Number("frequency_penalty", FrequencyPenalty, -2, 2),
                Mirostat = Check.Integer("mirostat", Mirostat, 0, 2),
                MirostatTau = Check.Number("mirostat_tau", MirostatTau, 0, Most),
                MirostatEta = Check.Number("mirostat_eta", MirostatEta, 0, 10),
            },
            Defaults = Defaults,
            Stop = Check.Stops("stop", Stop),
        };
    }
}
