using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Texts;

/// <summary><c>POST /v1/rerank</c>.</summary>
internal sealed class RerankEndpoint(ModelCalls calls)
{
    public async Task HandleAsync(HttpContext context)
    {
        RerankRequest request = await JsonBody.ReadAsync(context, TextsJson.Api.RerankRequest).ConfigureAwait(false);
        (string query, IReadOnlyList<string> documents) = request.Texts();
        Ranking ranking = await calls.RunAsync(context, request.Model, async call =>
        {
            (IReadOnlyList<double> scores, int tokens) = await Relevance.OfAsync(call, query, documents).ConfigureAwait(false);
            IEnumerable<RankedDocument> ranked = scores
                .Select((score, i) => new RankedDocument(i, score, request.ReturnDocuments == true ? new RankedText(documents[i]) : null))
                .OrderByDescending(document => document.RelevanceScore);
            return new Ranking(
                $"rerank-{Guid.NewGuid():N}", "list", call.Name, [.. ranked.Take(request.TopN ?? int.MaxValue)],
                new RankingUsage(tokens, tokens), new RankingMeta(new RankingTokens(tokens), new RankingUnits(1)));
        }).ConfigureAwait(false);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(ranking, TextsJson.Api.Ranking)).ConfigureAwait(false);
    }
}
