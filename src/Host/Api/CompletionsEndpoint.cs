using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Engine.Registry;
using Microsoft.Extensions.Options;

namespace Engine.Host.Api;

/// <summary><c>POST /v1/completions</c>: OpenAI's legacy completions, plain and streamed.</summary>
internal sealed class CompletionsEndpoint(
    IModelRegistry models, IOptions<EngineOptions> engine, RunningRequests requests, IOptions<ServeOptions> serve, TimeProvider time, ApiErrors errors)
{
    private static readonly byte[] EventStart = "data: "u8.ToArray();
    private static readonly byte[] EventEnd = "\n\n"u8.ToArray();
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    private TimeSpan? Deadline => serve.Value.DeadlineSeconds > 0 ? TimeSpan.FromSeconds(serve.Value.DeadlineSeconds) : null;

    public async Task HandleAsync(HttpContext context)
    {
        requests.ThrowIfStopping();
        CancellationToken gone = context.RequestAborted;
        CompletionRequest request = await CompletionRequest.ReadAsync(context.Request.Body, gone).ConfigureAwait(false);
        string name = Find(request.Model);
        CheckAnswers(request.Answers, name);
        IModel model = await models.GetAsync(name, gone).ConfigureAwait(false);
        using RunningRequests.Running running = requests.Begin(gone);
        GenerateRequest[] generations = [.. request.For(model.Card).Select(generation => generation with { Deadline = Deadline })];
        IAsyncEnumerable<(int, GeneratedToken)> tokens = SideBySide.GenerateAsync(model, generations, running.Token);
        var answer = new Completion($"cmpl-{Guid.NewGuid():N}", "text_completion", time.GetUtcNow().ToUnixTimeSeconds(), name, []);
        var last = new GeneratedToken?[generations.Length];
        await (request.Stream ? StreamAsync(context.Response, answer, tokens, last, request.IncludeUsage) : AnswerAsync(context.Response, answer, tokens, last))
            .ConfigureAwait(false);
    }

    /// <summary>The configured name. A model that has failed may be asked, too: that loads it again.</summary>
    private string Find(string? asked)
    {
        string name = asked ?? models.Names[0];
        string known = models.Names.FirstOrDefault(known => StrictSection.Same(known, name)) ?? throw new ApiException(
            StatusCodes.Status404NotFound, $"There is no model '{name}'. There are {string.Join(", ", models.Names)}.", "model", "model_not_found");
        return models.StatusOf(known).State is ModelState.Ready or ModelState.Failed ? known : throw new ApiException(
            StatusCodes.Status503ServiceUnavailable, $"Taking a request: the model '{known}' is still loading. Send the request again in a moment.",
            code: "model_loading");
    }

    /// <summary>Each answer takes a place in the model's line. What never fits is the client's mistake, and no reason to try again.</summary>
    private void CheckAnswers(int answers, string name)
    {
        ModelOptions model = engine.Value.Models[name];
        long most = (long)model.Slots + model.Queue;
        if (answers > most)
        {
            throw ApiException.Invalid($"Reading the field 'n': the model '{name}' runs {model.Slots} answers at a time and lets {model.Queue} wait (Slots, Queue), "
                + $"found {answers}. Ask for at most {most}.", "n");
        }
    }

    private static async Task AnswerAsync(
        HttpResponse response, Completion answer, IAsyncEnumerable<(int Index, GeneratedToken Token)> tokens, GeneratedToken?[] last)
    {
        StringBuilder[] texts = [.. last.Select(_ => new StringBuilder())];
        await foreach ((int index, GeneratedToken token) in tokens.ConfigureAwait(false))
        {
            texts[index].Append(token.Text);
            last[index] = token;
        }
        answer = answer with
        {
            Choices = [.. texts.Select((text, index) => new CompletionChoice(text.ToString(), index, null, Reason(last[index])))],
            Usage = Usage(last),
        };
        await response.WriteAsJsonAsync(answer, ApiJson.Api.Completion).ConfigureAwait(false);
    }

    private async Task StreamAsync(
        HttpResponse response, Completion answer, IAsyncEnumerable<(int Index, GeneratedToken Token)> tokens, GeneratedToken?[] last, bool includeUsage)
    {
        try
        {
            await foreach ((int index, GeneratedToken token) in tokens.ConfigureAwait(false))
            {
                last[index] = token;
                if (token.Text.Length > 0 || token.FinishReason is not null)
                {
                    await SendAsync(response, answer with { Choices = [new CompletionChoice(token.Text, index, null, Reason(token))] }).ConfigureAwait(false);
                }
            }
            if (includeUsage)
            {
                await SendAsync(response, answer with { Usage = Usage(last) }).ConfigureAwait(false);
            }
            await response.Body.WriteAsync(Done).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The status is sent already: the error can only be told as the last event.
        catch (Exception e) when (response.HasStarted && !response.HttpContext.RequestAborted.IsCancellationRequested)
#pragma warning restore CA1031
        {
            await SendAsync(response, errors.Describe(e, out _), ApiJson.Api.ErrorBody).ConfigureAwait(false);
        }
    }

    private static Task SendAsync(HttpResponse response, Completion chunk) => SendAsync(response, chunk, ApiJson.Api.Completion);

    /// <summary>One server-sent event; the header goes out with the first, so that an error before it still has its status.</summary>
    private static async Task SendAsync<T>(HttpResponse response, T data, JsonTypeInfo<T> type)
    {
        if (!response.HasStarted)
        {
            response.ContentType = "text/event-stream";
            response.Headers.CacheControl = "no-cache";
        }
        byte[] json = JsonSerializer.SerializeToUtf8Bytes(data, type);
        await response.Body.WriteAsync((byte[])[.. EventStart, .. json, .. EventEnd]).ConfigureAwait(false);
        await response.Body.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>The answers have one prompt: it counts once, and as cached what not even the first of them evaluated.</summary>
    private static CompletionUsage Usage(GeneratedToken?[] last)
    {
        GeneratedToken[] ends = [.. last.OfType<GeneratedToken>()];
        int prompt = ends.Select(token => token.PromptTokens).DefaultIfEmpty().Max();
        int completion = ends.Sum(token => token.Index + 1);
        int cached = ends.Select(token => token.CachedTokens).DefaultIfEmpty().Min();
        return new CompletionUsage(prompt, completion, prompt + completion, new PromptTokensDetails(cached));
    }

    private static string? Reason(GeneratedToken? token) => token?.FinishReason switch
    {
        FinishReason.EndOfGeneration or FinishReason.Stop => "stop",
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        _ => null,
    };
}
