using Engine.Api.Answers;
using Engine.Api.Requests;

namespace Engine.Api.Texts;

/// <summary>How relevant documents are for a query.</summary>
internal static class Relevance
{
    /// <summary>Uses the model's classifier if it has one, which reads query and document together; otherwise the cosine of their embeddings.</summary>
    /// <param name="call">The model.</param>
    /// <param name="query">The query.</param>
    /// <param name="documents">At least one.</param>
    /// <returns>A score for each document, and the tokens that were read.</returns>
    /// <exception cref="ApiException">The model is not an encoder, or its classifier is not for relevance.</exception>
    /// <exception cref="EngineException">The model refused the request.</exception>
    public static Task<(IReadOnlyList<double> Scores, int Tokens)> OfAsync(ModelCall call, string query, IReadOnlyList<string> documents)
    {
        ModelCard card = call.Model.Card;
        return card.Capabilities.HasFlag(ModelCapabilities.Score) && !card.Capabilities.HasFlag(ModelCapabilities.Source)
                ? throw ApiException.Invalid(
                    $"Ranking with '{call.Name}': expected an encoder, found a decoder ({card.Architecture}), which is trained to continue texts and not to compare them. "
                    + "Take an encoder, such as a BERT.", "model")
            : card.Classes > 1 ? throw ApiException.Invalid(
                $"Ranking with '{call.Name}': expected a classifier of one score, the relevance, found {card.Classes} "
                + $"{(card.ClassLabels.Count > 0 ? $"({string.Join(", ", card.ClassLabels)})" : "classes")}. Take a model that was trained to rank, or one without a classifier.", "model")
            : card.Classes == 1 ? ClassifiedAsync(call, query, documents)
            : ComparedAsync(call, query, documents);
    }

    private static async Task<(IReadOnlyList<double>, int)> ClassifiedAsync(ModelCall call, string query, IReadOnlyList<string> documents)
    {
        var request = new EmbedRequest { Inputs = [.. documents.Select(document => call.Check(Prompt.FromPair(query, document), "documents"))], Pooling = Pooling.Rank, Deadline = call.Left() };
        Embeddings found = await call.Model.EmbedAsync(request, call.Ended).ConfigureAwait(false);
        return ([.. found.Rows.Select(row => 1 / (1 + Math.Exp(-row[0])))], found.TokenCounts.Sum());
    }

    private static async Task<(IReadOnlyList<double>, int)> ComparedAsync(ModelCall call, string query, IReadOnlyList<string> documents)
    {
        TextVectors found = await Vectors.EmbedAsync(call, [Prompt.FromText(query), .. documents.Select(Prompt.FromText)], field: "documents").ConfigureAwait(false);
        return ([.. found.Rows.Skip(1).Select(row => Product(found.Rows[0], row))], found.Tokens);
    }

    private static double Product(float[] a, float[] b)
    {
        double sum = 0;
        for (int i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }
        return Math.Clamp(sum, -1, 1); // rounded, vectors of length 1 may be a little longer, and clients take a score above 1 for a mistake
    }
}
