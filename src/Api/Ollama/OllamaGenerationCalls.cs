using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Api.Answers;
using Engine.Chat;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Ollama;

/// <summary>Answers an Ollama request, line by line or in one piece.</summary>
internal sealed class OllamaGenerationCalls(GenerationCalls generations, ModelCalls calls, Errors errors, TimeProvider time)
{
    /// <summary>Measures a request from now on.</summary>
    public OllamaClock StartClock() => new(time);

    /// <summary>Generates the answer.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Its body.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="ask">What is asked, once the model and its configured name are known.</param>
    /// <param name="begin">An answer without text, of the model of this name.</param>
    /// <param name="type">How it is written.</param>
    public Task AnswerAsync<T>(
        HttpContext context, OllamaRequest request, OllamaClock clock, Func<string, IModel, GenerationSettings, Asking> ask, Func<string, T> begin, JsonTypeInfo<T> type) where T : OllamaAnswer
    {
        GenerationSettings settings = request.Settings();
        return generations.RunAsync(context, OllamaDialect.ModelName(request.Model), settings, ask, running =>
        {
            clock.Loaded();
            T answer = begin(running.Name);
            AnswerParts parts = running.Parts()[0];
            return request.IsStreamed
                ? EventStream.WriteAsync(context, new OllamaFormat<T>(answer, type, clock, parts), running.Tokens, errors.Describe, time)
                : AnswerAsync(context, running, clock, answer, type, parts);
        });
    }

    /// <summary>Answers a request that only wants the model to be there.</summary>
    /// <param name="context">The request.</param>
    /// <param name="request">Its body.</param>
    /// <param name="clock">Measures it.</param>
    /// <param name="begin">An answer without text, of the model of this name.</param>
    /// <param name="type">How it is written.</param>
    public async Task LoadAsync<T>(HttpContext context, OllamaRequest request, OllamaClock clock, Func<string, T> begin, JsonTypeInfo<T> type) where T : OllamaAnswer
    {
        T answer = await calls.RunAsync(context, OllamaDialect.ModelName(request.Model), call => Task.FromResult(begin(call.Name))).ConfigureAwait(false);
        (answer.CreatedAt, answer.Done, answer.DoneReason) = (clock.Now, true, "load");
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, type)).ConfigureAwait(false);
    }

    private static async Task AnswerAsync<T>(HttpContext context, RunningGenerations running, OllamaClock clock, T answer, JsonTypeInfo<T> type, AnswerParts parts) where T : OllamaAnswer
    {
        Answer whole = (await Answer.CollectAsync(running.Tokens, 1).ConfigureAwait(false))[0];
        ReadAnswer said = parts.Read(whole);
        answer.SetText(said.Text, said.Thought);
        answer.SetCalls(said.Calls.Count == 0 ? null : [.. said.Calls.Select(OllamaToolCall.Of)]);
        clock.End(answer, whole.Tokens.Count > 0 ? whole.Tokens[0] : null, whole.Last);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, type)).ConfigureAwait(false);
    }
}
