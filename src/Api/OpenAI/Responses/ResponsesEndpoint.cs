using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Engine.Chat;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI.Responses;

/// <summary><c>POST /v1/responses</c>, plain and streamed.</summary>
internal sealed class ResponsesEndpoint(Generations generations, RecentAnswers recent, Errors errors, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        ResponseRequest request = await JsonBody.ReadAsync(context, ResponsesJson.Api.ResponseRequest).ConfigureAwait(false);
        GenerationSettings settings = request.Settings();
        ChatTemplateInput conversation = request.Messages(recent);
        await generations.RunAsync(
            context, request.Model, settings, (name, model) => [Conversations.ToPrompt(name, model, conversation, context.RequestAborted)],
            running => request.IsStreamed
                ? EventStream.WriteAsync(context, new ResponsesFormat(running, Response.Begin(running, request), Keep), running.Tokens, errors.Describe, time)
                : AnswerAsync(running)).ConfigureAwait(false);

        async Task AnswerAsync(RunningGeneration running)
        {
            Answer answer = (await Answer.CollectAsync(running.Tokens, 1).ConfigureAwait(false))[0];
            IReadOnlyList<TokenLogprob> logprobs = running.Settings.TopLogprobs is { } top
                ? new Logprobs(running.Model.Tokenizer, top).Chat(answer.Tokens).Content : [];
            OutputMessage message = OutputMessage.Of(OutputMessage.NewId(), new OutputText(answer.Text, logprobs), answer.Last);
            Keep(message.Id, answer.Text);
            Response response = Response.Begin(running, request).End(message, answer.Last, running.Verification);
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
