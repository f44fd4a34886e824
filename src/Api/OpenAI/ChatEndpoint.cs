using System.Text.Json;
using Engine.Api.Answers;
using Engine.Chat;
using Engine.Api.Requests;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI;

/// <summary><c>POST /v1/chat/completions</c>, plain and streamed.</summary>
internal sealed class ChatEndpoint(GenerationCalls generations, Errors errors, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        ChatRequest request = await JsonBody.ReadAsync(context, OpenAIJson.Api.ChatRequest).ConfigureAwait(false);
        GenerationSettings settings = request.Settings();
        Chat.ChatTemplateInput conversation = request.Conversation();
        await generations.RunAsync(
            context, request.Model, settings, (name, model, asked) => Conversations.Ask(name, model, conversation, asked, context.RequestAborted),
            running => request.IsStreamed
                ? EventStream.WriteAsync(context, new ChatFormat(running, NewId(), request.IncludesUsage), running.Tokens, errors.Describe, time)
                : AnswerAsync(context, running)).ConfigureAwait(false);
    }

    private static async Task AnswerAsync(HttpContext context, RunningGenerations running)
    {
        IReadOnlyList<Answer> answers = await Answer.CollectAsync(running.Tokens, running.Requests.Count).ConfigureAwait(false);
        Logprobs? logprobs = running.Settings.TopLogprobs is { } top ? new Logprobs(running.Model.Tokenizer, top) : null;
        AnswerParts[] parts = running.Parts();
        var completion = new ChatCompletion(
            NewId(), "chat.completion", running.Started.ToUnixTimeSeconds(), running.Name,
            [.. answers.Select((answer, i) => new ChatChoice(
                i, Message(parts[i].Read(answer)), logprobs?.Chat(answer.Tokens), FinishReasons.Word(answer.Last, parts[i].HasCalls)))],
            Usage.Of(TokenCounts.Of(answers.Select(answer => answer.Last))), running.Verification?.Verdict);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(completion, OpenAIJson.Api.ChatCompletion)).ConfigureAwait(false);
    }

    private static AnswerMessage Message(ReadAnswer said) => new("assistant", said is { Calls.Count: > 0, Text: "" } ? null : said.Text, null)
    {
        ReasoningContent = said.Thought,
        ToolCalls = said.Calls.Count == 0 ? null : [.. said.Calls.Select(AnswerToolCall.Of)],
    };

    private static string NewId() => $"chatcmpl-{Guid.NewGuid():N}";
}
