using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Engine.Chat;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Anthropic;

/// <summary><c>POST /v1/messages</c>, plain and streamed.</summary>
internal sealed class MessagesEndpoint(GenerationCalls generations, Errors errors, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        MessagesRequest request = await JsonBody.ReadAsync(context, AnthropicJson.Api.MessagesRequest).ConfigureAwait(false);
        ChatTemplateInput conversation = request.Conversation();
        string id = $"msg_{Guid.NewGuid():N}";
        await generations.RunAsync(
            context, request.Model, request.Settings(), (name, model, asked) => request.Ask(conversation, name, model, asked, context.RequestAborted),
            running => request.Stream == true
                ? EventStream.WriteAsync(context, new MessagesFormat(running, id, request.Thinks), running.Tokens, errors.Describe, time)
                : AnswerAsync(context, running, id, request.Thinks)).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context, RunningGenerations running, string id, bool thinks)
    {
        Answer answer = (await Answer.CollectAsync(running.Tokens, 1).ConfigureAwait(false))[0];
        ReadAnswer said = running.Parts()[0].Read(answer);
        AnswerBlock[] blocks =
        [
            .. thinks && said.Thought is not null ? [AnswerBlock.OfThought(said.Thought)] : Array.Empty<AnswerBlock>(),
            .. said is { Text: "", Calls.Count: > 0 } ? [] : new[] { AnswerBlock.OfText(said.Text) },
            .. said.Calls.Select(AnswerBlock.OfCall),
        ];
        var message = AnthropicAnswer.Of(
            id, running.Name, blocks, answer.Last, AnthropicUsage.Of(TokenCounts.Of([answer.Last])));
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(message, AnthropicJson.Api.AnthropicAnswer)).ConfigureAwait(false);
    }
}
