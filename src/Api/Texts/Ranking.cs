using System.Text.Json.Serialization;

namespace Engine.Api.Texts;

/// <summary>Documents by their relevance for a query.</summary>
/// <param name="Id">The answer's id.</param>
/// <param name="Object">Always <c>list</c>.</param>
/// <param name="Model">The model.</param>
/// <param name="Results">The most relevant document first.</param>
/// <param name="Usage">Token usage, as Jina tells it.</param>
/// <param name="Meta">Token usage, as Cohere tells it.</param>
internal sealed record Ranking(string Id, string Object, string Model, IReadOnlyList<RankedDocument> Results, RankingUsage Usage, RankingMeta Meta);

/// <param name="Index">Its place in the request, from 0.</param>
/// <param name="RelevanceScore">From 0 to 1 where the model ranks; else the cosine of its vector and the query's.</param>
/// <param name="Document">Its text, if requested.</param>
internal sealed record RankedDocument(int Index, double RelevanceScore, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] RankedText? Document);

/// <param name="PromptTokens">Tokens of everything that was read.</param>
/// <param name="TotalTokens">The same number.</param>
internal sealed record RankingUsage(int PromptTokens, int TotalTokens);

/// <param name="Tokens">The tokens read.</param>
/// <param name="BilledUnits">The searches.</param>
internal sealed record RankingMeta(RankingTokens Tokens, RankingUnits BilledUnits);

/// <param name="InputTokens">Tokens of everything that was read.</param>
internal sealed record RankingTokens(int InputTokens);

/// <param name="SearchUnits">Always 1.</param>
internal sealed record RankingUnits(int SearchUnits);
