using Engine.Host.Composition;
using Engine.LlamaCpp.Quantizer;
using Engine.Registry;

namespace Engine.Host.Commands;

/// <summary>The registered backends, by name, and the loading of models for a verb.</summary>
internal sealed partial class Backends : IAsyncDisposable
{
    private readonly ServiceProvider _services;

    /// <param name="verbose">Whether the log goes to standard error; otherwise only warnings about the prompt do.</param>
    public Backends(bool verbose)
    {
        var services = new ServiceCollection();
        services.AddLogging(logging =>
        {
            if (!verbose)
            {
                logging.AddProvider(new PromptWarnings(Console.Error));
            }
            else
            {
                logging.SetMinimumLevel(LogLevel.Debug).AddSimpleConsole(console => console.SingleLine = true);
                // Standard output belongs to the answer.
                logging.Services.Configure<Microsoft.Extensions.Logging.Console.ConsoleLoggerOptions>(
                    console => console.LogToStandardErrorThreshold = LogLevel.Trace);
            }
        });
        services.AddEngine(new ConfigurationBuilder().Build()).AddAllBackends();
        _services = services.BuildServiceProvider();
    }

    public async Task<IModel> LoadAsync(ModelOptions options, CancellationToken cancellationToken)
    {
        IModelBackend[] backends = [.. _services.GetServices<IModelBackend>()];
        string[] names = [.. backends.Select(backend => backend.Name).Distinct()];
        var choice = BackendChoice.Of(options, names);
        IModelBackend backend = backends.LastOrDefault(backend => string.Equals(backend.Name, choice.Name, StringComparison.OrdinalIgnoreCase))
            ?? throw new ConfigurationException(Unknown(choice.Name, [BackendChoice.Auto, .. names]));
        LogLoading(_services.GetRequiredService<ILogger<Backends>>(), options.Endpoint ?? options.Path, backend.Name, choice.Reason);
        using var bar = new ProgressBar($"Loading {(options.Path.Length > 0 ? Path.GetFileName(options.Path) : options.Endpoint)}");
        return await backend.LoadAsync(options, bar, cancellationToken).ConfigureAwait(false);
    }

    public ModelQuantizer CreateQuantizer() => new(_services.GetRequiredService<ILogger<ModelQuantizer>>());

    public ValueTask DisposeAsync() => _services.DisposeAsync();

    private static string Unknown(string name, string[] known)
    {
        string proposal = MissingBackend.Hint(name) is { } hint ? $" {hint}" : Spelling.Proposal(name, known);
        return $"--backend: expected one of {string.Join(", ", known.Select(backend => $"'{backend}'"))}, found '{name}'.{proposal}";
    }

    [LoggerMessage(1, LogLevel.Information, "Loading {Path} with {Backend} ({Reason})")]
    private static partial void LogLoading(ILogger logger, string path, string backend, string reason);
}
