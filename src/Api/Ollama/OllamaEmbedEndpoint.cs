using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary><c>POST /api/embed</c>, and its older form <c>POST /api/embeddings</c>.</summary>
internal sealed class OllamaEmbedEndpoint(ModelCalls calls, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        var clock = new OllamaClock(time);
        OllamaEmbedRequest request = await JsonBody.ReadAsync(context, OllamaJson.Api.OllamaEmbedRequest).ConfigureAwait(false);
        TextVectors found = await EmbedAsync(context, request, clock).ConfigureAwait(false);
        var answer = new OllamaEmbeddings(found.Model, found.Rows, clock.Total(), clock.Load(), found.Tokens);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, OllamaJson.Api.OllamaEmbeddings)).ConfigureAwait(false);
    }

    public async Task HandleOldAsync(HttpContext context)
    {
        OllamaEmbeddingRequest old = await JsonBody.ReadAsync(context, OllamaJson.Api.OllamaEmbeddingRequest).ConfigureAwait(false);
        var request = new OllamaEmbedRequest { Model = old.Model, Input = new TextList([old.Prompt ?? ""]) };
        TextVectors found = await EmbedAsync(context, request, new OllamaClock(time)).ConfigureAwait(false);
        var answer = new OllamaEmbedding(found.Rows.Count > 0 ? found.Rows[0] : []);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, OllamaJson.Api.OllamaEmbedding)).ConfigureAwait(false);
    }

    private Task<TextVectors> EmbedAsync(HttpContext context, OllamaEmbedRequest request, OllamaClock clock)
    {
        IReadOnlyList<string> texts = request.Texts();
        return calls.RunAsync(context, OllamaDialect.ModelName(request.Model), call =>
        {
            clock.Loaded();
            return texts.Count == 0 ? Task.FromResult(new TextVectors(call.Name, [], []))
                : Vectors.EmbedAsync(call, [.. texts.Select(text => request.ToPrompt(text, call.Model))], request.Dimensions is 0 ? null : request.Dimensions);
        });
    }
}
