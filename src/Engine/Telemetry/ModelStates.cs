using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Engine.Telemetry;

/// <summary>The states of the configured models, read on demand.</summary>
internal static class ModelStates
{
    private static readonly ConcurrentDictionary<object, (IReadOnlyList<string> States, Func<IEnumerable<(string Model, string State)>> Read)> Sources = [];

    /// <summary>Reports the models of a registry until it is disposed of.</summary>
    /// <param name="owner">The registry.</param>
    /// <param name="states">All states there are.</param>
    /// <param name="read">Its models and the state of each.</param>
    public static void Add(object owner, IReadOnlyList<string> states, Func<IEnumerable<(string Model, string State)>> read) => Sources[owner] = (states, read);

    public static void Remove(object owner) => Sources.TryRemove(owner, out _);

    public static IEnumerable<Measurement<int>> Measure() =>
        from source in Sources.Values
        from model in source.Read()
        from state in source.States
        select new Measurement<int>(model.State == state ? 1 : 0, new(TelemetryNames.Model, model.Model), new(TelemetryNames.ModelState, state));
}
