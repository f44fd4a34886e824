using System.Collections.Concurrent;
using System.Diagnostics;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;

namespace Clients.Tests;

/// <summary>A process of Node that runs one library: <c>node/client.mjs</c>. All tests of a class share it.</summary>
public sealed class NodeProcess : IAsyncDisposable, IDisposable
{
    private readonly ConcurrentDictionary<int, Channel<JsonElement>> _asked = [];
    private readonly StringBuilder _errors = new();
    private readonly SemaphoreSlim _writing = new(1);
    private Process? _process;
    private Task? _reading;
    private int _last;

    /// <summary>Where the build installed the libraries, beside the scripts.</summary>
    private static string Scripts { get; } = typeof(NodeProcess).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "NodeScripts").Value!;

    /// <summary>The library at a server.</summary>
    /// <param name="script">Its script, without <c>.mjs</c>.</param>
    /// <param name="server">The address of the server.</param>
    public IClient Connect(string script, Uri server)
    {
        _process ??= Start(script);
        return new Client(this, server);
    }

    /// <summary>The library at a server, with functions that models may call.</summary>
    /// <param name="script">Its script, without <c>.mjs</c>.</param>
    /// <param name="server">The address of the server.</param>
    public IToolClient ConnectTools(string script, Uri server)
    {
        _process ??= Start(script);
        return new Client(this, server);
    }

    /// <summary>Asks for an object of the type in <c>visit.mjs</c>.</summary>
    /// <param name="script">The library's script, without <c>.mjs</c>.</param>
    /// <param name="server">The address of the server.</param>
    /// <param name="model">The model's name.</param>
    /// <param name="stream">Whether the answer comes in pieces.</param>
    /// <param name="seed">Of the draw.</param>
    public async Task<JsonElement> AskAsync(string script, Uri server, string model, bool stream, long seed)
    {
        _process ??= Start(script);
        JsonElement told = await new Client(this, server).AskAsync(
            id => new { id, @do = "object", @base = server.ToString().TrimEnd('/'), model, stream, seed }, _ => { }, default);
        return told.GetProperty("object");
    }

    public void Dispose()
    {
        _process?.Dispose();
        _writing.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        if (_process is not null)
        {
            _process.StandardInput.Close(); // it ends
            await _reading!;
            await _process.WaitForExitAsync();
        }
        Dispose();
    }

    private Process Start(string script)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(Scripts, "client.mjs"), script])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        Process process = Process.Start(start)!;
        process.ErrorDataReceived += (_, line) => _errors.AppendLine(line.Data);
        process.BeginErrorReadLine();
        _reading = ReadAsync(process);
        return process;
    }

    private async Task ReadAsync(Process process)
    {
        while (await process.StandardOutput.ReadLineAsync() is { } line)
        {
            JsonElement told = JsonElement.Parse(line);
            _asked[told.GetProperty("id").GetInt32()].Writer.TryWrite(told);
        }
        foreach (Channel<JsonElement> waiting in _asked.Values)
        {
            waiting.Writer.TryComplete(new InvalidOperationException($"Node has ended: {_errors}"));
        }
    }

    private async Task WriteAsync(object line)
    {
        await _writing.WaitAsync();
        try
        {
            await _process!.StandardInput.WriteLineAsync(JsonSerializer.Serialize(line, JsonSerializerOptions.Web));
            await _process.StandardInput.FlushAsync();
        }
        finally
        {
            _writing.Release();
        }
    }

    private sealed class Client(NodeProcess node, Uri server) : IClient, IToolClient
    {
        private string Base => server.ToString().TrimEnd('/');

        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens) => Said(await AskAsync(
            id => new { id, @do = "chat", @base = Base, model, messages = Messages(conversation), maxTokens }, _ => { }, default));

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken) => Said(await AskAsync(
                id => new { id, @do = "stream", @base = Base, model, messages = Messages(conversation), maxTokens, leave }, piece, cancellationToken));

        public async Task<float[][]> EmbedAsync(string model, IReadOnlyList<string> texts)
        {
            JsonElement told = await AskAsync(id => new { id, @do = "embed", @base = Base, model, texts }, _ => { }, default);
            return told.GetProperty("vectors").Deserialize<float[][]>()!;
        }

        public async Task<Called> AskAsync(string model, IReadOnlyList<string> questions, Choice choice, bool stream)
        {
            string word = choice.ToString().ToLowerInvariant();
            JsonElement told = await AskAsync(id => new { id, @do = "tools", @base = Base, model, questions, choice = word, stream }, _ => { }, default);
            return told.GetProperty("said").Deserialize<Called>(JsonSerializerOptions.Web)!;
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static object[] Messages(IReadOnlyList<Turn> conversation) => [.. conversation.Select(turn => new { role = turn.Role, content = turn.Text })];

        private static Said Said(JsonElement told) => told.GetProperty("said").Deserialize<Said>(JsonSerializerOptions.Web)!;

        public async Task<JsonElement> AskAsync(Func<int, object> request, Action<string> piece, CancellationToken cancellationToken)
        {
            int id = Interlocked.Increment(ref node._last);
            Channel<JsonElement> answers = node._asked[id] = Channel.CreateUnbounded<JsonElement>();
            await node.WriteAsync(request(id));
            await using CancellationTokenRegistration cancelling = cancellationToken.Register(() => _ = node.WriteAsync(new { cancel = id }));
            await foreach (JsonElement told in answers.Reader.ReadAllAsync(CancellationToken.None))
            {
                if (told.TryGetProperty("error", out JsonElement error))
                {
                    throw new NodeException(error.GetString()!);
                }
                if (!told.TryGetProperty("piece", out JsonElement text))
                {
                    return told;
                }
                piece(text.GetString()!);
            }
            throw new UnreachableException();
        }
    }
}

/// <summary>An error that a script has caught.</summary>
public sealed class NodeException(string message) : Exception(message);
