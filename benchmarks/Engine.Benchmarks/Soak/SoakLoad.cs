using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Text;
using Engine.Remote;

namespace Engine.Benchmarks.Soak;

/// <summary>How a request ended.</summary>
internal enum Outcome
{
    Answered,

    /// <summary>By its client.</summary>
    Cancelled,

    /// <summary>It met the killed process, or a full queue, and got an error that says so.</summary>
    Refused,

    /// <summary>Neither an answer nor an error that explains itself.</summary>
    Lost,
}

/// <summary>Requests through every API, some abandoned by their client.</summary>
internal sealed class SoakLoad(SoakServer server, HttpClient client)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    private static readonly string[] Prompts = ["Once upon a time", "The dog and the boat", "A small house", "Tell me a story of a bird"];

    /// <summary>The endpoints: each gives the path, the body for a model, and what the end of its answer contains.</summary>
    private static readonly (string Name, string Path, string Model, Func<string, string, int, string> Body, string End)[] Doors =
    [
        ("chat", "/v1/chat/completions", "", (m, p, n) => $$"""{"model":"{{m}}","messages":[{"role":"user","content":"{{p}}"}],"max_tokens":{{n}}}""", "\"finish_reason\""),
        ("chat, streamed", "/v1/chat/completions", "", (m, p, n) => $$"""{"model":"{{m}}","messages":[{"role":"user","content":"{{p}}"}],"max_tokens":{{n}},"stream":true}""", "[DONE]"),
        ("completion, streamed", "/v1/completions", "", (m, p, n) => $$"""{"model":"{{m}}","prompt":"{{p}}","max_tokens":{{n}},"stream":true}""", "[DONE]"),
        ("anthropic, streamed", "/v1/messages", "", (m, p, n) => $$"""{"model":"{{m}}","messages":[{"role":"user","content":"{{p}}"}],"max_tokens":{{n}},"stream":true}""", "message_stop"),
        ("ollama", "/api/generate", "", (m, p, n) => $$"""{"model":"{{m}}","prompt":"{{p}}","options":{"num_predict":{{n}} } }""", "\"done\":true"),
        ("embeddings", "/v1/embeddings", SoakServer.Encoder, (m, p, n) => $$"""{"model":"{{m}}","input":["{{p}}","{{p}} and more"]}""", "\"embedding\""),
        ("reference", "/v1/completions", SoakServer.Reference, (m, p, n) => $$"""{"model":"{{m}}","prompt":"{{p}}","max_tokens":{{n}}}""", "\"finish_reason\""),
    ];

    private readonly ConcurrentDictionary<(string Door, Outcome Outcome), int> _tally = [];
    private readonly ConcurrentQueue<double> _seconds = [];
    private long _ended;

    public long Ended => Interlocked.Read(ref _ended);

    public IReadOnlyDictionary<(string Door, Outcome Outcome), int> Tally => _tally;

    /// <summary>What was lost, in words.</summary>
    public ConcurrentQueue<string> Losses { get; } = [];

    /// <summary>Of answered requests over HTTP.</summary>
    public IReadOnlyList<double> Seconds => [.. _seconds];

    /// <summary>Asks over HTTP, one request after the other, until it is stopped; what has begun then is waited for.</summary>
    public async Task RunAsync(int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        while (!stop.IsCancellationRequested)
        {
            var door = Doors[random.Next(Doors.Length)];
            string model = door.Model.Length > 0 ? door.Model : random.Next(2) == 0 ? SoakServer.Isolated : SoakServer.Changing;
            string body = door.Body(model, Prompts[random.Next(Prompts.Length)], random.Next(1, 60));
            TimeSpan? leave = random.Next(6) == 0 ? TimeSpan.FromMilliseconds(random.Next(150)) : null;
            await CountAsync(door.Name, () => AskAsync(door.Path, body, door.End, model, leave)).ConfigureAwait(false);
        }
    }

    /// <summary>The same over gRPC, from one client that stays connected.</summary>
    public async Task RunRemoteAsync(int seed, CancellationToken stop)
    {
        var random = new Random(seed);
        IModel model = await new RemoteBackend().LoadAsync(new() { Endpoint = server.RemoteEndpoint, RemoteModel = SoakServer.Isolated }, cancellationToken: CancellationToken.None).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            while (!stop.IsCancellationRequested)
            {
                TimeSpan? leave = random.Next(6) == 0 ? TimeSpan.FromMilliseconds(random.Next(150)) : null;
                await CountAsync("gRPC", () => GenerateAsync(model, random.Next(1, 60), leave)).ConfigureAwait(false);
            }
        }
    }

    private async Task CountAsync(string door, Func<Task<Outcome>> ask)
    {
        Outcome outcome = await ask().ConfigureAwait(false);
        _tally.AddOrUpdate((door, outcome), 1, (_, count) => count + 1);
        Interlocked.Increment(ref _ended);
        if (outcome == Outcome.Refused)
        {
            await Task.Delay(200, CancellationToken.None).ConfigureAwait(false); // like a client that was asked to retry
        }
    }

    private async Task<Outcome> AskAsync(string path, string body, string end, string model, TimeSpan? leave)
    {
        using var limit = new CancellationTokenSource(leave ?? Limit);
        long begin = Stopwatch.GetTimestamp();
        var text = new StringBuilder();
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
            using HttpResponseMessage response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token).ConfigureAwait(false);
            using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(limit.Token).ConfigureAwait(false));
            var part = new char[4096];
            for (int read; (read = await reader.ReadAsync(part, limit.Token).ConfigureAwait(false)) > 0;)
            {
                text.Append(part, 0, read);
            }
            if (response.IsSuccessStatusCode && text.ToString().Contains(end, StringComparison.Ordinal) && !text.ToString().Contains("\"error\"", StringComparison.Ordinal))
            {
                _seconds.Enqueue(Stopwatch.GetElapsedTime(begin).TotalSeconds);
                return Outcome.Answered;
            }
            if (response.StatusCode == HttpStatusCode.TooManyRequests || IsOfKill(text.ToString(), model))
            {
                return Outcome.Refused;
            }
            return Lose($"{path} {model}: {(int)response.StatusCode} {text}");
        }
        catch (OperationCanceledException)
        {
            return leave is not null ? Outcome.Cancelled : Lose($"{path} {model}: no end within {Limit.TotalSeconds:0} s, {text}");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            // A stream that breaks off says why in its last event, and then breaks the connection.
            return IsOfKill(text.ToString(), model) ? Outcome.Refused : Lose($"{path} {model}: {e.Message} {text}");
        }
    }

    private async Task<Outcome> GenerateAsync(IModel model, int tokens, TimeSpan? leave)
    {
        using var limit = new CancellationTokenSource(leave ?? Limit);
        FinishReason? reason = null;
        try
        {
            await foreach (GeneratedToken token in model.GenerateAsync(new() { Prompt = Prompt.FromText(Prompts[tokens % Prompts.Length]), MaxTokens = tokens }, limit.Token).ConfigureAwait(false))
            {
                reason = token.FinishReason;
            }
            return reason is not null ? Outcome.Answered : Lose("gRPC: an answer without an end");
        }
        catch (OperationCanceledException)
        {
            return leave is not null ? Outcome.Cancelled : Lose($"gRPC: no end within {Limit.TotalSeconds:0} s");
        }
        catch (EngineException e)
        {
            return e is QueueFullException || IsOfKill(e.Message, SoakServer.Isolated) ? Outcome.Refused : Lose($"gRPC: {e.GetType().Name} {e.Message}");
        }
    }

    private static bool IsOfKill(string error, string model) => model == SoakServer.Isolated && error.Contains("its own process", StringComparison.Ordinal);

    private Outcome Lose(string what)
    {
        Losses.Enqueue(what.Length <= 400 ? what : what[..400]);
        return Outcome.Lost;
    }
}
