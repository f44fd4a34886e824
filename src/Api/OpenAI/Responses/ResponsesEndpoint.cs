using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Engine.Chat;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI.Responses;

/// <summary><c>POST /v1/responses</c>, plain and streamed.</summary>
internal sealed class ResponsesEndpoint(GenerationCalls generations, RecentAnswers recent, Errors errors, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        ResponseRequest request = await JsonBody.ReadAsync(context, ResponsesJson.Api.ResponseRequest).ConfigureAwait(false);
        GenerationSettings settings = request.Settings();
        ChatTemplateInput conversation = request.Messages(recent);
        await generations.RunAsync(
            context, request.Model, settings, (name, model, asked) => Conversations.Ask(name, model, conversation, asked, context.RequestAborted),
            running => request.IsStreamed
                ? EventStream.WriteAsync(context, new ResponsesFormat(running, Response.Begin(running, request), Keep), running.Tokens, errors.Describe, time)
                : AnswerAsync(running)).ConfigureAwait(false);

        async Task AnswerAsync(RunningGenerations running)
        {
            Answer answer = (await Answer.CollectAsync(running.Tokens, 1).ConfigureAwait(false))[0];
            IReadOnlyList<TokenLogprob> logprobs = running.Settings.TopLogprobs is { } top
                ? new Logprobs(running.Model.Tokenizer, top).Chat(answer.Tokens).Content : [];
            IReadOnlyList<OutputItem> items = OutputItem.Of(running.Parts()[0].Read(answer), logprobs, answer.Last);
            foreach (OutputMessage message in items.OfType<OutputMessage>())
            {
                Keep(message.Id, message.Content[0].Text);
            }
            Response response = Response.Begin(running, request).End(items, answer.Last, running.Verification);
            await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(response, ResponsesJson.Api.Response)).ConfigureAwait(false);
        }

        void Keep(string id, string text)
        {
            if (request.Store != false)
            {
                recent.Keep(id, text);
            }
        }
    }
}
