using Engine.Api.Requests;

namespace Engine.Api.OpenAI;

/// <summary>The body of <c>POST /v1/completions</c>.</summary>
internal sealed class CompletionRequest : GenerationBody
{
    /// <summary>OpenAI's default.</summary>
    private const int DefaultMaxTokens = 16;

    private const int MaxLogprobs = 20;

    private static readonly string[] Known =
        [.. OpenAIJson.Api.CompletionRequest.Properties.Where(property => !property.IsExtensionData).Select(property => property.Name)];

    /// <summary>The text or token ids to continue, or several of either.</summary>
    public PromptList? Prompt { get; set; }

    /// <summary>Whether the answer begins with the prompt.</summary>
    public bool? Echo { get; set; }

    /// <summary>The number of most probable tokens to return with each token's own log-probability.</summary>
    public int? Logprobs { get; set; }

    /// <summary>The number of answers to choose the best from; must equal <c>n</c>.</summary>
    public int? BestOf { get; set; }

    /// <summary>Text after the answer; not supported.</summary>
    public string? Suffix { get; set; }

    // With echo, the prompt and its log-probabilities alone are an answer, too.
    private protected override int FewestTokens => Echo == true ? 0 : 1;

    /// <summary>What is asked of the generation.</summary>
    /// <exception cref="ApiException">A value is out of its range, or something is not supported.</exception>
    public GenerationSettings Settings()
    {
        GenerationSettings settings = Read(Known);
        Check.NotSupported("best_of", Check.Integer("best_of", BestOf, 0, int.MaxValue) is { } best && best != settings.Answers, "the best of several answers");
        Check.NotSupported("suffix", Suffix is { Length: > 0 }, "text after the answer");
        if (settings is { MaxTokens: 0, Verify: true })
        {
            throw ApiException.Invalid("Reading the field 'verify': expected tokens to verify, found none asked for. Raise 'max_tokens', or leave the field out.", "verify");
        }
        return settings with { MaxTokens = settings.MaxTokens ?? DefaultMaxTokens, TopLogprobs = Check.Integer("logprobs", Logprobs, 0, MaxLogprobs) };
    }

    /// <summary>The prompts, at least one.</summary>
    /// <exception cref="ApiException">There is none.</exception>
    public IReadOnlyList<Prompt> Prompts() => Prompt is { Prompts.Count: > 0 } prompts ? prompts.Prompts
        : throw ApiException.Invalid("Reading the field 'prompt': expected a string or an array of token ids, found none.", "prompt");
}
