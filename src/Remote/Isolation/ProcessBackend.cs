using Engine.Registry;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Engine.Remote.Isolation;

/// <summary>The backend <c>process</c>: models in child processes, which load them with the backend that is configured.</summary>
internal sealed class ProcessBackend(ChildProgram? program = null, ILoggerFactory? loggers = null, Supervision? rules = null) : IModelBackend
{
    public const string BackendName = BackendChoice.Process;

    public string Name => BackendName;

    public async ValueTask<IModel> LoadAsync(ModelOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        ChildProgram child = program ?? EngineChild.Own ?? throw new ConfigurationException(
            $"Running '{options.Path}' in its own process: expected this program to be able to run a model alone, it has not said so. Begin it with "
            + $"'if (await {nameof(EngineChild)}.{nameof(EngineChild.RunIfAskedAsync)}(args, …) is {{ }} exitCode) return exitCode;', or register a {nameof(ChildProgram)}.");
        return new IsolatedModel(await Supervisor.StartAsync(
            child, options, rules ?? Supervision.Default, loggers ?? NullLoggerFactory.Instance, progress, cancellationToken).ConfigureAwait(false));
    }
}
