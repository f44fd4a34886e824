using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Engine.Chat;
using Engine.Chat.Tools;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Anthropic;

/// <summary><c>POST /v1/messages/count_tokens</c>: counts the tokens of the prompt that <c>/v1/messages</c> would build from the same conversation.</summary>
internal sealed class CountTokensEndpoint(ModelCalls calls)
{
    public async Task HandleAsync(HttpContext context)
    {
        CountTokensRequest request = await JsonBody.ReadAsync(context, AnthropicJson.Api.CountTokensRequest).ConfigureAwait(false);
        ChatTemplateInput conversation = request.Conversation();
        ToolSet? tools = request.OfferedTools();
        TokenCount count = await calls.RunAsync(context, request.Model, call => Task.FromResult(new TokenCount(
            request.Ask(conversation, call.Name, call.Model, new GenerationSettings { Tools = tools }, call.Ended).Prompts[0].ToTokens(call.Model.Tokenizer).Count))).ConfigureAwait(false);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(count, AnthropicJson.Api.TokenCount)).ConfigureAwait(false);
    }
}
