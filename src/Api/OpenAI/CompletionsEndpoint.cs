using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Requests;
using Engine.Api.Endpoints;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.OpenAI;

/// <summary><c>POST /v1/completions</c>, plain and streamed.</summary>
internal sealed class CompletionsEndpoint(GenerationCalls generations, Errors errors, TimeProvider time)
{
    public async Task HandleAsync(HttpContext context)
    {
        CompletionRequest request = await JsonBody.ReadAsync(context, OpenAIJson.Api.CompletionRequest).ConfigureAwait(false);
        GenerationSettings settings = request.Settings();
        IReadOnlyList<Prompt> prompts = request.Prompts();
        await generations.RunAsync(
            context, request.Model, settings, (_, _, asked) => new Asking(prompts, asked.Constraint),
            running => AnswerAsync(context, request, request.Echo == true ? running with { Tokens = Echo.BeforeAsync(running, running.Ended) } : running)).ConfigureAwait(false);
    }

    private Task AnswerAsync(HttpContext context, CompletionRequest request, RunningGenerations running) => request.IsStreamed
        ? EventStream.WriteAsync(context, new CompletionFormat(running, NewId(), request.IncludesUsage), running.Tokens, errors.Describe, time)
        : AnswerAsync(context, running);

    private static async Task AnswerAsync(HttpContext context, RunningGenerations running)
    {
        IReadOnlyList<Answer> answers = await Answer.CollectAsync(running.Tokens, running.Requests.Count).ConfigureAwait(false);
        Logprobs? logprobs = running.Settings.TopLogprobs is { } top ? new Logprobs(running.Model.Tokenizer, top) : null;
        var completion = new Completion(
            NewId(), "text_completion", running.Started.ToUnixTimeSeconds(), running.Name, [.. answers.Select(Choice)],
            Usage.Of(TokenCounts.OfPrompts(answers.Select(answer => answer.Last), running.Settings.Answers)), running.Verification?.Verdict);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(completion, OpenAIJson.Api.Completion)).ConfigureAwait(false);

        CompletionChoice Choice(Answer answer, int index)
        {
            int offset = 0;
            return new CompletionChoice(answer.Text, index, logprobs?.Completion(answer.Tokens, ref offset), FinishReasons.Word(answer.Last));
        }
    }

    private static string NewId() => $"cmpl-{Guid.NewGuid():N}";
}
