using Engine.Parity;
using Engine.Telemetry;
using Microsoft.Extensions.Logging;

namespace Engine.Shadow;

/// <summary>Passes records to all sinks. A failing sink stops neither the others nor the checks.</summary>
/// <param name="sinks">All that are registered.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Receives what they fail with, at most once a minute for each sink.</param>
internal sealed class ShadowSinks(IEnumerable<IShadowSink> sinks, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    private readonly IShadowSink[] _sinks = [.. sinks];
    private readonly Dictionary<IShadowSink, long> _said = [];

    /// <summary>Hands a record to every sink.</summary>
    public Task WriteAsync(ShadowRecord record, CancellationToken cancellationToken) => EachAsync<IShadowSink>(sink => sink.WriteAsync(record, cancellationToken), cancellationToken);

    /// <summary>Passes the events of alarms to the stores.</summary>
    public Task WriteAsync(ShadowAlarmRecord alarm, CancellationToken cancellationToken) => EachAsync<IShadowStore>(store => store.WriteAsync(alarm, cancellationToken), cancellationToken);

    /// <summary>Adds what a sample exercised to what earlier samples did, including those before a restart, and stores it.</summary>
    /// <param name="model">The model that answered.</param>
    /// <param name="tokens">The ids evaluated: of the target, for an encoder–decoder.</param>
    /// <param name="source">The source of an encoder–decoder; null elsewhere.</param>
    /// <param name="activations">The oracle's, as far as it hands any out.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    public async Task CoverAsync(
        ShadowModel model, IReadOnlyList<int> tokens, IReadOnlyList<int>? source, IReadOnlyList<Activation> activations, CancellationToken cancellationToken)
    {
        if (model.Coverage is null)
        {
            await EachAsync<IShadowStore>(async store => model.Coverage ??= await store.ReadCoverageAsync(model.Name, model.Card, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        }
        Coverage coverage = model.Coverage ??= new Coverage(model.Card);
        coverage.Add(tokens, source: source, activations: activations);
        await EachAsync<IShadowStore>(store => store.WriteAsync(model.Name, coverage, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    private async Task EachAsync<T>(Func<T, ValueTask> write, CancellationToken cancellationToken) where T : IShadowSink
    {
        foreach (T sink in _sinks.OfType<T>())
        {
            try
            {
                await write(sink).ConfigureAwait(false);
            }
            catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
            {
                throw;
            }
#pragma warning disable CA1031 // Sinks are user code: full disks, locked databases, networks.
            catch (Exception e)
#pragma warning restore CA1031
            {
                string name = sink.GetType().Name;
                Instruments.ShadowSinkFailures.Add(1, new KeyValuePair<string, object?>(TelemetryNames.Sink, name));
                if (!_said.TryGetValue(sink, out long said) || time.GetElapsedTime(said) >= Silence)
                {
                    _said[sink] = time.GetTimestamp();
                    logger.SinkFailed(name, e.Message);
                }
            }
        }
    }
}
