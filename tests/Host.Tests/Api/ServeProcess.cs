using System.Diagnostics;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.Host.Api;

namespace Engine.Host.Tests.Api;

/// <summary><c>engine serve</c> in its own process, on a free port.</summary>
internal sealed partial class ServeProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly StringBuilder _log = new();
    private readonly TaskCompletionSource<Uri> _address = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource<Uri> _listening = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ServeProcess(string folder, IEnumerable<string> arguments, IEnumerable<(string Name, string Value)> environment)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", typeof(ServeHost).Assembly.Location, "serve", "--urls", "http://127.0.0.1:0", .. arguments])
        {
            RedirectStandardError = true,
            WorkingDirectory = folder,
        };
        foreach ((string name, string value) in environment)
        {
            start.Environment[name] = value;
        }
        _process = new Process { StartInfo = start };
        _process.ErrorDataReceived += (_, line) => Read(line.Data);
    }

    private readonly TaskCompletionSource _loading = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HttpClient Client { get; } = new();

    /// <summary>What it has written to standard error.</summary>
    public string Log
    {
        get
        {
            lock (_log)
            {
                return _log.ToString();
            }
        }
    }

    /// <summary>Returns once it serves.</summary>
    public static Task<ServeProcess> StartAsync(IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        StartInAsync(AppContext.BaseDirectory, arguments, environment);

    /// <summary>The same in a folder of the test's own, which may hold an appsettings.json.</summary>
    /// <exception cref="InvalidOperationException">It ended; its standard error is in the message.</exception>
    public static Task<ServeProcess> StartInAsync(string folder, IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        StartAsync(new ServeProcess(folder, arguments, environment), async serve => serve.Client.BaseAddress = await serve._address.Task);

    /// <summary>Returns when it listens; the models may still be loading.</summary>
    public static Task<ServeProcess> StartListeningAsync(IEnumerable<string> arguments, params (string Name, string Value)[] environment) =>
        StartAsync(new ServeProcess(AppContext.BaseDirectory, arguments, environment), async serve => serve.Client.BaseAddress = await serve._listening.Task);

    /// <summary>Returns when it begins to load the model.</summary>
    public static Task<ServeProcess> StartLoadingAsync(IEnumerable<string> arguments) =>
        StartAsync(new ServeProcess(AppContext.BaseDirectory, arguments, []), serve => serve._loading.Task);

    private static async Task<ServeProcess> StartAsync(ServeProcess serve, Func<ServeProcess, Task> ready)
    {
        serve._process.Start();
        serve._process.BeginErrorReadLine();
        try
        {
            await ready(serve).WaitAsync(TimeSpan.FromSeconds(60));
        }
        catch
        {
            await serve.DisposeAsync(); // nobody else would end it: it would outlive the tests
            throw;
        }
        return serve;
    }

    public async Task<JsonElement> CompleteAsync(string body)
    {
        using HttpResponseMessage response = await Client.PostAsync("/v1/completions", new StringContent(body));
        return await response.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>Sends SIGTERM.</summary>
    public void Terminate() => Process.Start("kill", ["-TERM", $"{_process.Id}"]).WaitForExit();

    /// <summary>The exit code, once it has ended.</summary>
    public async Task<int> ExitAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(60));
        return _process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        if (!_process.HasExited)
        {
            _process.Kill();
            await _process.WaitForExitAsync();
        }
        _process.Dispose();
    }

    [GeneratedRegex("(Listening|Serving) on (http://[^ ;]+)")]
    private static partial Regex Address { get; }

    private void Read(string? line)
    {
        if (line is null)
        {
            var ended = new InvalidOperationException("engine serve ended:\n" + Log);
            _address.TrySetException(ended);
            _listening.TrySetException(ended);
            return;
        }
        lock (_log)
        {
            _log.AppendLine(line);
        }
        if (line.Contains("Loading the model", StringComparison.Ordinal))
        {
            _loading.TrySetResult();
        }
        if (Address.Match(line) is { Success: true } match)
        {
            (match.Groups[1].Value == "Serving" ? _address : _listening).TrySetResult(new Uri(match.Groups[2].Value));
        }
    }
}
