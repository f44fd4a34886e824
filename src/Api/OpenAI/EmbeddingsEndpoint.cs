using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI;

/// <summary><c>POST /v1/embeddings</c>.</summary>
internal sealed class EmbeddingsEndpoint(Vectors vectors)
{
    public async Task HandleAsync(HttpContext context)
    {
        EmbeddingRequest request = await JsonBody.ReadAsync(context, OpenAIJson.Api.EmbeddingRequest).ConfigureAwait(false);
        IReadOnlyList<Prompt> inputs = request.Inputs();
        bool base64 = request.AsBase64();
        TextVectors found = await vectors.EmbedAsync(context, request.Model, inputs, request.Dimensions).ConfigureAwait(false);
        var answer = new EmbeddingList(
            "list", [.. found.Rows.Select((row, i) => new ListedEmbedding("embedding", i, new EmbeddingVector(row, base64)))],
            found.Model, new EmbeddingUsage(found.Tokens, found.Tokens));
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, OpenAIJson.Api.EmbeddingList)).ConfigureAwait(false);
    }
}
