using System.CommandLine;
using System.Globalization;
using Engine.Api.Service;
using Engine.Chat;
using Engine.Host.Api;
using Engine.Registry;
using Engine.Serving;
using Microsoft.Extensions.Hosting.WindowsServices;
using Microsoft.Extensions.Options;

namespace Engine.Host.Commands.Serving;

/// <summary><c>engine serve</c>: models behind an HTTP API.</summary>
internal sealed class ServeCommand
{
    private static readonly TimeSpan ConfigurationLimit = TimeSpan.FromSeconds(2), DisposalLimit = TimeSpan.FromSeconds(5);

    private readonly Option<string?> _urls = new("--urls") { HelpName = "URLS", Description = "Where it listens, several separated by ';'. Default http://127.0.0.1:8080." };
    private readonly Option<int?> _slots = NumberOption.CreateOptional("--slots", 1, ModelOptionRules.MaxSlots, "Requests the model runs at the same time. Default 1.");
    private readonly Option<int?> _queue = NumberOption.CreateOptional("--queue", 0, 1_000_000, "Requests that may wait for the model; more are answered 429. Default 256.");
    private readonly Option<int?> _cacheTokens = NumberOption.CreateOptional("--cache-tokens", 1, int.MaxValue, "Tokens that all slots hold together, at least the context's. Default: slots times the context.");
    private readonly Option<bool> _exact = new("--exact") { Description = "Makes a request's result independent of its neighbours, bit for bit, at some cost in speed." };
    private readonly Option<string> _arithmetic = ChoiceOption.Create("--arithmetic", "How the backend 'reference' multiplies with quantized and 16-bit weights in production: exactly, or rounding as llama.cpp does.", "exact", "ggml");
    private readonly Option<int?> _drain = NumberOption.CreateOptional("--drain-seconds", 0, 86_400, "Seconds that accepted requests have to finish after Ctrl-C. Default 30.");
    private readonly Option<int?> _deadline = NumberOption.CreateOptional("--deadline-seconds", 0, 86_400, "Seconds in which a request must be answered, waiting included; after them it is answered 504. Default 0: none.");
    private readonly Option<string?> _template = ChatTemplateOption.Create("The template of chats, in place of the model's own.");
    private readonly Option<string[]> _keys = new("--api-key") { HelpName = "KEY", Description = "An API key; each request must contain one of them. May be given several times. Other users of this machine can see command lines: Serve__ApiKeys__0=KEY in the environment, or a file, hides it from them." };
    private readonly Option<string?> _keyFile = new("--api-key-file") { HelpName = "FILE", Description = "A file of such keys, one per line." };
    private readonly Option<bool> _noKey = new("--no-key") { Description = "Also answers other machines without a key." };
    private readonly Option<string[]> _cors = new("--cors") { HelpName = "ORIGIN", Description = "Web pages of this origin may send requests, such as https://example.com; * for all. May be given several times." };
    private readonly Option<int?> _rate = NumberOption.CreateOptional("--requests-per-minute", 0, int.MaxValue, "Requests per minute for each key; more are answered 429. Default 0: no limit.");
    private readonly ModelOptionGroup _model = new();

    public static Command Create() => new ServeCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("serve", "Serves models over HTTP to clients of OpenAI's, Anthropic's and Ollama's APIs; ranks, scores and tokens; GET /health. "
            + "What is not given here comes from the environment (Engine__Models__default__Backend=reference), then from appsettings.json.")
        {
            // While the configuration is read: one of its files may be a pipe, or be on a disk that does not respond.
            StopsWithin = ConfigurationLimit,
            WhenStopped = "Stopped before the server had started.",
            Examples =
            [
                "engine serve --model llama.gguf",
                "engine serve --slots 4 --urls http://0.0.0.0:8080 --api-key-file keys.txt",
                "curl http://127.0.0.1:8080/v1/completions -d '{\"prompt\": \"Once upon a time\"}'",
            ],
        };
        verb.AddGroup("Server", _urls, _slots, _cacheTokens, _exact, _arithmetic, _queue, _deadline, _drain, _template);
        verb.AddGroup("Access", _keys, _keyFile, _noKey, _cors, _rate);
        _model.AddTo(verb);
        verb.SetAction((parsed, cancellationToken) => RunAsync(parsed, verb, cancellationToken));
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, Verb verb, CancellationToken cancellationToken)
    {
        CheckUrls(parsed.GetValue(_urls), _urls.Name);
        WebApplication app = Build(Settings(parsed), engine =>
        {
            // The command line handles signals by cancelling the token. Windows stops its services in another way.
            if (!WindowsServiceHelpers.IsWindowsService())
            {
                engine.Services.AddSingleton<IHostLifetime, TokenLifetime>();
            }
            // The command line reports a failed start in one sentence; the host would log a stack trace.
            engine.Services.AddLogging(logging => _ = parsed.GetValue(CommandPath.Verbose)
                ? logging.AddFilter(null, LogLevel.Debug) : logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None));
        });
        try
        {
            try
            {
                // Before the host constructs services that need the options, so that the errors of all sections are reported together.
                app.Services.GetRequiredService<IStartupValidator>().Validate();
                Exposure.Check(app);
                SocketFiles.Free(Exposure.Urls(app.Configuration));
                verb.StopsWithin = null; // from here on the host keeps its own limits
                await app.StartAsync(cancellationToken).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                // Some models may already answer while others load: their requests are drained as they would be after the start.
                await app.StopAsync(CancellationToken.None).ConfigureAwait(false);
                return ExitCode.Pass;
            }
            catch (AggregateException e) when (e.InnerExceptions.All(inner => inner is OptionsValidationException))
            {
                throw new ConfigurationException(string.Join('\n', e.InnerExceptions.Select(inner => inner.Message)));
            }
            catch (Exception e) when (e is IOException or FormatException or System.Net.Sockets.SocketException)
            {
                string urls = string.Join(';', Exposure.Urls(app.Configuration));
                CheckUrls(urls, "urls");
                throw new ConfigurationException($"Listening on {urls}: {Reason(e.GetBaseException())}. Choose another address with --urls.");
            }
            await app.WaitForShutdownAsync(cancellationToken).ConfigureAwait(false);
            return ExitCode.Pass;
        }
        finally
        {
            await DisposeAsync(app).ConfigureAwait(false);
        }
    }

    /// <summary>Disposes of the models. One that does not end is abandoned: its threads end with the process.</summary>
    private static async Task DisposeAsync(WebApplication app)
    {
        try
        {
            await app.DisposeAsync().AsTask().WaitAsync(DisposalLimit).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            // Not the log, whose writer thread has ended by now.
            await Console.Error.WriteLineAsync($"Stopping: a model is still loading or ending after {DisposalLimit.TotalSeconds:0} s; it is abandoned.").ConfigureAwait(false);
        }
    }

    private static WebApplication Build(Dictionary<string, string?> settings, Action<EngineBuilder> configure)
    {
        try
        {
            return ServeHost.Build(settings, configure);
        }
        catch (InvalidDataException e)
        {
            // The framework's message contains only the path.
            string file = e.Message.Split('\'') is [_, { } path, ..] ? $" '{path}'" : "";
            string found = e.GetBaseException() is System.Text.Json.JsonException fault ? JsonFault.Describe(fault) : "something else";
            throw new ConfigurationException($"Reading the configuration{file}: expected a JSON object, found {found}. Correct the file.");
        }
    }

    private static void CheckUrls(string? urls, string name)
    {
        foreach (string url in urls?.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries) ?? [])
        {
            if (!IsAddress(url))
            {
                throw new ConfigurationException($"{name}: expected addresses such as http://127.0.0.1:8080, found '{url}'.");
            }
        }
    }

    private static bool IsAddress(string url)
    {
        try
        {
            BindingAddress address = BindingAddress.Parse(url);
            return address.Scheme is "http" or "https" && (address.IsUnixPipe || address.IsNamedPipe || address.Port <= ushort.MaxValue);
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static string Reason(Exception e) => e is not System.Net.Sockets.SocketException { SocketErrorCode: { } code } ? e.Message.TrimEnd('.') : code switch
    {
        System.Net.Sockets.SocketError.AddressAlreadyInUse => "another program listens there",
        System.Net.Sockets.SocketError.AccessDenied => "this user may not listen there",
        System.Net.Sockets.SocketError.AddressNotAvailable => "this machine has no such address",
        _ => e.Message.TrimEnd('.'),
    };

    /// <summary>The options given on the command line, by configuration key: defaults are left to the configuration.</summary>
    private Dictionary<string, string?> Settings(ParseResult parsed)
    {
        var settings = new Dictionary<string, string?>();
        string model = $"{EngineOptions.SectionName}:{nameof(EngineOptions.Models)}:{EngineOptions.DefaultModelName}:";
        Add(_urls, "urls");
        Add(_drain, $"{ServeOptions.SectionName}:{nameof(ServeOptions.DrainSeconds)}");
        Add(_deadline, $"{ServeOptions.SectionName}:{nameof(ServeOptions.DeadlineSeconds)}");
        string serve = $"{ServeOptions.SectionName}:";
        AddPath(_keyFile, serve + nameof(ServeOptions.ApiKeyFile));
        Add(_noKey, serve + nameof(ServeOptions.NoKey));
        Add(_rate, serve + nameof(ServeOptions.RequestsPerMinute));
        AddAll(_keys, serve + nameof(ServeOptions.ApiKeys));
        AddAll(_cors, serve + nameof(ServeOptions.CorsOrigins));
        Add(_slots, model + nameof(ModelOptions.Slots));
        Add(_cacheTokens, model + nameof(ModelOptions.CacheTokens));
        Add(_exact, model + nameof(ModelOptions.Exact));
        Add(_arithmetic, model + nameof(ModelOptions.Arithmetic));
        Add(_queue, model + nameof(ModelOptions.Queue));
        AddPath(_model.Model, model + nameof(ModelOptions.Path));
        Add(_model.Backend, model + nameof(ModelOptions.Backend));
        Add(_model.Device, model + nameof(ModelOptions.Device));
        Add(_model.GpuLayers, model + nameof(ModelOptions.GpuLayers));
        Add(_model.Threads, model + nameof(ModelOptions.Threads));
        Add(_model.Context, model + nameof(ModelOptions.ContextLength));
        Add(_model.Tokenizer, model + nameof(ModelOptions.Tokenizer));
        Action<Option<string?>, string> addTemplate = NamedTemplates.IsFamily(parsed.GetValue(_template) ?? "") ? Add : AddPath;
        addTemplate(_template, model + nameof(ModelOptions.ChatTemplate));
        Add(_model.Endpoint, model + nameof(ModelOptions.Endpoint));
        Add(_model.RemoteName, model + nameof(ModelOptions.RemoteModel));
        AddPath(_model.RemoteKey, model + nameof(ModelOptions.KeyFile));
        AddPath(_model.Certificate, model + nameof(ModelOptions.CertificateFile));
        AddPath(_model.Library, model + nameof(ModelOptions.LibraryPath));
        foreach ((string key, string value) in _model.Native.Given(parsed))
        {
            settings[model + key] = value;
        }
        AdapterOptions[] adapters = parsed.GetValue(_model.Adapters) ?? [];
        for (int i = 0; i < adapters.Length; i++)
        {
            settings[$"{model}{nameof(ModelOptions.Adapters)}:{i}:{nameof(AdapterOptions.Path)}"] = FromHere(adapters[i].Path);
            settings[$"{model}{nameof(ModelOptions.Adapters)}:{i}:{nameof(AdapterOptions.Scale)}"] = adapters[i].Scale.ToString(CultureInfo.InvariantCulture);
        }
        return settings;

        void AddPath(Option<string?> option, string key)
        {
            Add(option, key);
            if (settings.TryGetValue(key, out string? path) && path is not null)
            {
                settings[key] = FromHere(path);
            }
        }

        void AddAll(Option<string[]> option, string key)
        {
            string[] values = parsed.GetValue(option) ?? [];
            for (int i = 0; i < values.Length; i++)
            {
                settings[$"{key}:{i}"] = values[i];
            }
        }

        // Paths on the command line are relative to the current folder, those of the configuration to the content root.
        static string FromHere(string path) => path.Length > 0 && Path.Exists(path) ? Path.GetFullPath(path) : path;

        void Add<T>(Option<T> option, string key)
        {
            if (parsed.GetResult(option) is { Implicit: false })
            {
                settings[key] = Convert.ToString(parsed.GetValue(option), CultureInfo.InvariantCulture);
            }
        }
    }

    private sealed class TokenLifetime : IHostLifetime
    {
        public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
