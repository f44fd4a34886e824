using System.Text.Json;
using Engine.Host.Workers;
using Engine.Registry;

namespace Engine.Host.Api;

/// <summary><c>POST /v1/completions</c>: OpenAI's legacy completions, plain and streamed.</summary>
internal sealed class CompletionsEndpoint(IModelRegistry models, GenerationQueue queue, TimeProvider time, ILogger<CompletionsEndpoint> logger)
{
    private static readonly byte[] EventStart = "data: "u8.ToArray();
    private static readonly byte[] EventEnd = "\n\n"u8.ToArray();
    private static readonly byte[] Done = "data: [DONE]\n\n"u8.ToArray();

    public async Task HandleAsync(HttpContext context)
    {
        CancellationToken gone = context.RequestAborted;
        CompletionRequest request = await CompletionRequest.ReadAsync(context.Request.Body, gone).ConfigureAwait(false);
        string name = Resolve(request.Model);
        IModel model = await models.GetAsync(name, gone).ConfigureAwait(false);
        using var job = new GenerationJob(model, request.For(model.Card));
        if (!queue.TryAdd(job))
        {
            throw new ApiException(StatusCodes.Status429TooManyRequests,
                "Taking a request: the queue is full. Send the request again in a moment.", code: "queue_full");
        }
        var answer = new Completion($"cmpl-{Guid.NewGuid():N}", "text_completion", time.GetUtcNow().ToUnixTimeSeconds(), name, []);
        IAsyncEnumerable<GeneratedToken> tokens = job.ReadAllAsync(gone);
        await (request.Stream ? StreamAsync(context.Response, answer, tokens, request.IncludeUsage) : AnswerAsync(context.Response, answer, tokens))
            .ConfigureAwait(false);
    }

    private string Resolve(string? asked)
    {
        string name = asked ?? models.Names[0];
        string known = models.Names.FirstOrDefault(known => StrictSection.Same(known, name)) ?? throw new ApiException(
            StatusCodes.Status404NotFound, $"There is no model '{name}'. There are {string.Join(", ", models.Names)}.", "model", "model_not_found");
        return models.IsReady ? known : throw new ApiException(
            StatusCodes.Status503ServiceUnavailable, "Taking a request: the models are still loading. Send the request again in a moment.");
    }

    private static async Task AnswerAsync(HttpResponse response, Completion answer, IAsyncEnumerable<GeneratedToken> tokens)
    {
        var text = new System.Text.StringBuilder();
        GeneratedToken? last = null;
        await foreach (GeneratedToken token in tokens.ConfigureAwait(false))
        {
            text.Append(token.Text);
            last = token;
        }
        answer = answer with { Choices = [new CompletionChoice(text.ToString(), 0, null, Reason(last))], Usage = Usage(last) };
        await response.WriteAsJsonAsync(answer, ApiJson.Api.Completion).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpResponse response, Completion answer, IAsyncEnumerable<GeneratedToken> tokens, bool includeUsage)
    {
        GeneratedToken? last = null;
        try
        {
            await foreach (GeneratedToken token in tokens.ConfigureAwait(false))
            {
                last = token;
                if (token.Text.Length > 0 || token.FinishReason is not null)
                {
                    await SendAsync(response, answer with { Choices = [new CompletionChoice(token.Text, 0, null, Reason(token))] }).ConfigureAwait(false);
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
            await SendAsync(response, ApiErrors.Describe(e, logger, out _), ApiJson.Api.ErrorBody).ConfigureAwait(false);
        }
    }

    private static Task SendAsync(HttpResponse response, Completion chunk) => SendAsync(response, chunk, ApiJson.Api.Completion);

    /// <summary>One server-sent event; the header goes out with the first, so that an error before it still has its status.</summary>
    private static async Task SendAsync<T>(HttpResponse response, T data, System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type)
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

    private static CompletionUsage Usage(GeneratedToken? last)
    {
        int prompt = last?.PromptTokens ?? 0;
        int completion = last is null ? 0 : last.Index + 1;
        return new CompletionUsage(prompt, completion, prompt + completion);
    }

    private static string? Reason(GeneratedToken? token) => token?.FinishReason switch
    {
        FinishReason.EndOfGeneration or FinishReason.Stop => "stop",
        FinishReason.MaxTokens or FinishReason.ContextFull => "length",
        _ => null,
    };
}
