using System.Text;
using System.Text.Json;

namespace Engine.Host.Api;

/// <summary>The body of <c>POST /v1/completions</c>.</summary>
/// <param name="Model">The model's name; null for the default one.</param>
/// <param name="Generate">What is asked of it.</param>
/// <param name="Answers">How many answers.</param>
/// <param name="Stream">Answers in chunks as the text comes.</param>
/// <param name="IncludeUsage">Ends a streamed answer with the token counts.</param>
internal sealed record CompletionRequest(string? Model, GenerateRequest Generate, int Answers, bool Stream, bool IncludeUsage)
{
    /// <summary>Stop texts at the most. OpenAI takes 4.</summary>
    private const int MostStops = 16;

    /// <summary>OpenAI's limit.</summary>
    private const int MostAnswers = 128;

    /// <summary>OpenAI's default.</summary>
    private const int DefaultMaxTokens = 16;

    /// <summary>OpenAI's defaults, not the engine's: clients of that API rely on them.</summary>
    private static readonly SamplingOptions DefaultSampling = SamplingOptions.Default with { Temperature = 1, TopP = 1, TopK = 0, MinP = 0, PenaltyWindow = -1 };

    private static readonly string[] Known =
    [
        "model", "prompt", "max_tokens", "temperature", "top_p", "top_k", "min_p", "seed", "stop", "stream", "stream_options",
        "presence_penalty", "frequency_penalty", "repetition_penalty", "xtc_probability", "xtc_threshold", "mirostat", "mirostat_tau", "mirostat_eta", "samplers", "n", "best_of", "echo", "logprobs", "suffix", "logit_bias", "user",
    ];

    private static readonly UTF8Encoding Utf8 = new(false, throwOnInvalidBytes: true);

    private static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false };

    /// <summary>What is asked of a model, once for each answer: what the request does not say of sampling is the file's, and where that is
    /// silent OpenAI's default. A seed is the first answer's; each further one has the next.</summary>
    public IReadOnlyList<GenerateRequest> For(ModelCard model)
    {
        SamplingOptions sampling = Generate.Sampling.WithDefaults(model.Sampling).WithDefaults(DefaultSampling);
        return [.. Enumerable.Range(0, Answers).Select(i =>
            Generate with { Sampling = sampling with { Seed = unchecked(sampling.Seed + (ulong)i) } })];
    }

    /// <exception cref="ApiException">The body is not such a request, or asks for what is not supported.</exception>
    public static async Task<CompletionRequest> ReadAsync(Stream body, CancellationToken cancellationToken)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(await ReadUtf8Async(body, cancellationToken).ConfigureAwait(false), Strict);
            return json.RootElement.ValueKind == JsonValueKind.Object
                ? Read(new JsonFields(json.RootElement))
                : throw ApiException.Invalid($"Reading the request's body: expected a JSON object, found {JsonFields.Kind(json.RootElement)}.");
        }
        catch (JsonException e)
        {
            throw ApiException.Invalid($"Reading the request's body: expected JSON, found {JsonFault.Describe(e)}. Correct the body.");
        }
    }

    /// <summary>The whole body without a byte order mark. A JSON reader looks at the bytes of a string only when it is asked for, and
    /// then takes them for half a character.</summary>
    private static async Task<ReadOnlyMemory<byte>> ReadUtf8Async(Stream body, CancellationToken cancellationToken)
    {
        using var whole = new MemoryStream();
        await body.CopyToAsync(whole, cancellationToken).ConfigureAwait(false);
        ReadOnlyMemory<byte> bytes = whole.GetBuffer().AsMemory(0, (int)whole.Length);
        try
        {
            _ = Utf8.GetCharCount(bytes.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw ApiException.Invalid($"Reading the request's body: expected UTF-8, found the byte 0x{e.BytesUnknown![0]:X2} at offset {e.Index}. Send the body as UTF-8.");
        }
        return bytes.Span.StartsWith(Encoding.UTF8.Preamble) ? bytes[Encoding.UTF8.Preamble.Length..] : bytes;
    }

    private static CompletionRequest Read(JsonFields fields)
    {
        if (fields.Names.FirstOrDefault(name => !Known.Contains(name, StringComparer.Ordinal)) is { } unknown)
        {
            throw ApiException.Invalid($"Reading the request: '{unknown}' is not a field of it.{Spelling.Proposal(unknown, Known)}", unknown);
        }
        int answers = fields.Integer("n", 1, MostAnswers) ?? 1;
        RefuseUnsupported(fields, answers);
        bool stream = fields.Flag("stream");
        return new CompletionRequest(fields.Text("model"), new GenerateRequest
        {
            Prompt = ReadPrompt(fields),
            MaxTokens = fields.Integer("max_tokens", 1, int.MaxValue) ?? DefaultMaxTokens,
            Sampling = ReadSampling(fields),
            Stop = ReadStop(fields),
        }, answers, stream, ReadIncludeUsage(fields, stream));
    }

    private static SamplingOptions ReadSampling(JsonFields fields) => new()
    {
        Temperature = fields.Number("temperature", 0, 2),
        TopP = fields.Number("top_p", 0, 1),
        // Others write -1 for all.
        TopK = fields.Integer("top_k", -1, int.MaxValue) is { } k ? Math.Max(0, k) : null,
        MinP = fields.Number("min_p", 0, 1),
        PresencePenalty = fields.Number("presence_penalty", -2, 2),
        FrequencyPenalty = fields.Number("frequency_penalty", -2, 2),
        RepetitionPenalty = fields.Number("repetition_penalty", 0.01f, 10),
        XtcProbability = fields.Number("xtc_probability", 0, 1),
        XtcThreshold = fields.Number("xtc_threshold", 0, 1),
        Mirostat = fields.Integer("mirostat", 0, 2),
        MirostatTau = fields.Number("mirostat_tau", 0, 100),
        MirostatEta = fields.Number("mirostat_eta", 0, 10),
        Samplers = ReadSamplers(fields),
        Seed = unchecked((ulong?)fields.Long("seed")),
    };

    private static string? ReadSamplers(JsonFields fields)
    {
        if (fields.Find("samplers") is not { } value)
        {
            return null;
        }
        string samplers = value.ValueKind switch
        {
            JsonValueKind.String => JsonFields.Text("samplers", value),
            JsonValueKind.Array when value.EnumerateArray().All(name => name.ValueKind == JsonValueKind.String) =>
                string.Join(SamplerNames.Separator, value.EnumerateArray().Select(name => JsonFields.Text("samplers", name))),
            _ => throw JsonFields.Wrong("samplers", "an array of names", value),
        };
        return SamplerNames.Fault(samplers) is { } fault
            ? throw ApiException.Invalid($"Reading the field 'samplers': expected {SamplerNames.Expected}, found {fault}.", "samplers")
            : samplers;
    }

    private static Prompt ReadPrompt(JsonFields fields)
    {
        if (fields.Find("prompt") is not { } prompt)
        {
            throw ApiException.Invalid("Reading the field 'prompt': expected a string or an array of token ids, found none.", "prompt");
        }
        // An array of one prompt is that prompt.
        if (prompt.ValueKind == JsonValueKind.Array && prompt.GetArrayLength() > 0 && prompt[0].ValueKind is JsonValueKind.String or JsonValueKind.Array)
        {
            prompt = prompt.GetArrayLength() == 1 ? prompt[0] : throw ApiException.Invalid(
                $"Reading the field 'prompt': expected one prompt, found {prompt.GetArrayLength()}. Send each in a request of its own.", "prompt");
        }
        return prompt.ValueKind switch
        {
            JsonValueKind.String => Prompt.FromText(JsonFields.Text("prompt", prompt)),
            JsonValueKind.Array => Prompt.FromTokens([.. prompt.EnumerateArray().Select(id =>
                id.ValueKind == JsonValueKind.Number && id.TryGetInt32(out int token) ? token : throw JsonFields.Wrong("prompt", "token ids", id))]),
            _ => throw JsonFields.Wrong("prompt", "a string or an array of token ids", prompt),
        };
    }

    private static string[] ReadStop(JsonFields fields)
    {
        string[] stops = fields.Find("stop") is not { } stop ? []
            : stop.ValueKind == JsonValueKind.String ? [JsonFields.Text("stop", stop)]
            : stop.ValueKind == JsonValueKind.Array && stop.EnumerateArray().All(text => text.ValueKind == JsonValueKind.String)
                ? [.. stop.EnumerateArray().Select(text => JsonFields.Text("stop", text))]
            : throw JsonFields.Wrong("stop", "a string or an array of strings", stop);
        return stops.Length <= MostStops && !stops.Contains("")
            ? stops
            : throw ApiException.Invalid($"Reading the field 'stop': expected at most {MostStops} texts, none of them empty.", "stop");
    }

    private static bool ReadIncludeUsage(JsonFields fields, bool stream)
    {
        if (fields.Find("stream_options") is not { } options)
        {
            return false;
        }
        if (!stream || options.ValueKind != JsonValueKind.Object)
        {
            throw ApiException.Invalid("Reading the field 'stream_options': expected an object, and 'stream' to be true.", "stream_options");
        }
        return new JsonFields(options).Flag("include_usage");
    }

    /// <summary>Fields of OpenAI's that change the answer and are not supported; their neutral values are.</summary>
    private static void RefuseUnsupported(JsonFields fields, int answers)
    {
        Refuse("best_of", fields.Integer("best_of", 0, int.MaxValue) is { } best && best != answers, "the best of several answers");
        Refuse("echo", fields.Flag("echo"), "the prompt in the answer");
        Refuse("logprobs", fields.Find("logprobs") is not null, "log-probabilities");
        Refuse("suffix", fields.Text("suffix") is { Length: > 0 }, "text after the answer");
        Refuse("logit_bias", fields.Find("logit_bias") is { } bias && !(bias.ValueKind == JsonValueKind.Object && !bias.EnumerateObject().Any()), "biases");
    }

    private static void Refuse(string name, bool asked, string what)
    {
        if (asked)
        {
            throw ApiException.Invalid($"Reading the field '{name}': {what} cannot be asked for here. Leave the field out.", name);
        }
    }
}
