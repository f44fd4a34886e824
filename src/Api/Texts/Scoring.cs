using System.Text.Json.Serialization;

namespace Engine.Api.Texts;

/// <summary>Log-probabilities of given texts.</summary>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Model">The model.</param>
/// <param name="Numerics">How exactly they were computed: <c>production</c> or <c>strict</c>.</param>
/// <param name="Data">One for each input, in order.</param>
/// <param name="Usage">Token usage.</param>
internal sealed record Scoring(string Object, string Model, string Numerics, IReadOnlyList<ScoredText> Data, ScoringUsage Usage);

/// <param name="Index">Index of its input, from 0.</param>
/// <param name="Tokens">The ids; of an encoder–decoder's target, the token it begins with first.</param>
/// <param name="Texts">Each token's text in the vocabulary; null if the model has no vocabulary.</param>
/// <param name="Logprobs">The log-probability of each token given those before it; null for the first.</param>
/// <param name="TopLogprobs">The most probable tokens at each position; null for the first. Omitted if not requested.</param>
/// <param name="Count">How many log-probabilities there are.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Perplexity">exp(−mean log-probability); null if that overflows.</param>
internal sealed record ScoredText(
    int Index, IReadOnlyList<int> Tokens, IReadOnlyList<string>? Texts, IReadOnlyList<double?> Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<IReadOnlyList<ProbableToken>?>? TopLogprobs,
    int Count, double Sum, double? Perplexity);

/// <param name="Token">The id.</param>
/// <param name="Text">Its text in the vocabulary; null if the model has no vocabulary.</param>
/// <param name="Logprob">Its log-probability.</param>
internal sealed record ProbableToken(int Token, string? Text, double Logprob);

/// <param name="PromptTokens">Tokens of all inputs and their sources.</param>
/// <param name="TotalTokens">The same number.</param>
internal sealed record ScoringUsage(int PromptTokens, int TotalTokens);
