using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary><c>POST /api/generate</c>, streamed and plain.</summary>
internal sealed class OllamaGenerateEndpoint(OllamaGenerationCalls generations)
{
    public async Task HandleAsync(HttpContext context)
    {
        OllamaClock clock = generations.StartClock();
        OllamaGenerateRequest request = await JsonBody.ReadAsync(context, OllamaJson.Api.OllamaGenerateRequest).ConfigureAwait(false);
        await (request.Prompt is { Length: > 0 }
            ? generations.AnswerAsync(
                context, request, clock, (name, model, asked) => request.Ask(name, model, asked, context.RequestAborted), Begin, OllamaJson.Api.OllamaGenerateAnswer)
            : generations.LoadAsync(context, request, clock, Begin, OllamaJson.Api.OllamaGenerateAnswer)).ConfigureAwait(false);
    }

    private static OllamaGenerateAnswer Begin(string model) => new() { Model = model };
}
