using System.Text.Json.Serialization;

namespace Engine.Api.Texts;

/// <summary>Log-probabilities of given texts.</summary>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Model">The model.</param>
/// <param name="Numerics">How exactly they were computed: <c>production</c> or <c>strict</c>.</param>
/// <param name="Data">One for each input, in their order.</param>
/// <param name="Usage">What it cost.</param>
internal sealed record Scoring(string Object, string Model, string Numerics, IReadOnlyList<ScoredText> Data, ScoringUsage Usage);

/// <param name="Index">Which of the inputs it is of, from 0.</param>
/// <param name="Tokens">The ids; of an encoder–decoder's target, the token it begins with first.</param>
/// <param name="Texts">What each is in the vocabulary; null where the model has none.</param>
/// <param name="Logprobs">ln of each one's probability given those before it; null for the first, which nothing precedes.</param>
/// <param name="TopLogprobs">The most probable tokens in the place of each; null for the first. Missing where they were not asked for.</param>
/// <param name="Count">How many log-probabilities there are.</param>
/// <param name="Sum">Their sum.</param>
/// <param name="Perplexity">e to the power of minus their mean; null where that is beyond all numbers.</param>
internal sealed record ScoredText(
    int Index, IReadOnlyList<int> Tokens, IReadOnlyList<string>? Texts, IReadOnlyList<double?> Logprobs,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<IReadOnlyList<ProbableToken>?>? TopLogprobs,
    int Count, double Sum, double? Perplexity);

/// <param name="Token">The id.</param>
/// <param name="Text">What it is in the vocabulary; null where the model has none.</param>
/// <param name="Logprob">ln of its probability.</param>
internal sealed record ProbableToken(int Token, string? Text, double Logprob);

/// <param name="PromptTokens">Tokens of all inputs and their sources.</param>
/// <param name="TotalTokens">The same.</param>
internal sealed record ScoringUsage(int PromptTokens, int TotalTokens);
