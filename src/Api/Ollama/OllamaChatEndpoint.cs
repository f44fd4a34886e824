using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary><c>POST /api/chat</c>, streamed and plain.</summary>
internal sealed class OllamaChatEndpoint(OllamaGenerationCalls generations)
{
    public async Task HandleAsync(HttpContext context)
    {
        OllamaClock clock = generations.StartClock();
        OllamaChatRequest request = await JsonBody.ReadAsync(context, OllamaJson.Api.OllamaChatRequest).ConfigureAwait(false);
        await (request.Conversation() is { } conversation
            ? generations.AnswerAsync(
                context, request, clock, (name, model, asked) => request.Ask(conversation, name, model, asked, context.RequestAborted), Begin, OllamaJson.Api.OllamaChatAnswer)
            : generations.LoadAsync(context, request, clock, Begin, OllamaJson.Api.OllamaChatAnswer)).ConfigureAwait(false);
    }

    private static OllamaChatAnswer Begin(string model) => new() { Model = model };
}
