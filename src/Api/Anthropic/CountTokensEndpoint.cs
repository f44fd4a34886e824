using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Engine.Chat;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Anthropic;

/// <summary><c>POST /v1/messages/count_tokens</c>: the tokens of the prompt that <c>/v1/messages</c> would make of the same conversation.</summary>
internal sealed class CountTokensEndpoint(ModelAccess models)
{
    public async Task HandleAsync(HttpContext context)
    {
        CountTokensRequest request = await JsonBody.ReadAsync(context, AnthropicJson.Api.CountTokensRequest).ConfigureAwait(false);
        ChatTemplateInput conversation = request.Conversation();
        string name = models.NameOf(request.Model);
        IModel model = await models.GetAsync(name, context.RequestAborted).ConfigureAwait(false);
        Prompt prompt = Conversations.ToContinuedPrompt(name, model, conversation, context.RequestAborted);
        var count = new TokenCount(prompt.ToTokens(model.Tokenizer).Count);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(count, AnthropicJson.Api.TokenCount)).ConfigureAwait(false);
    }
}
