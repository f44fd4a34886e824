using Engine.Parity;

namespace Engine.Shadow;

/// <summary>A sink that also stores alarms and the coverage of each model, across restarts of the host.</summary>
public interface IShadowStore : IShadowSink
{
    /// <summary>Reads what samples have exercised of a model so far.</summary>
    /// <param name="model">Its name in the configuration.</param>
    /// <param name="card">The model as it is now.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    /// <returns>Null if nothing is kept for this exact file.</returns>
    ValueTask<Coverage?> ReadCoverageAsync(string model, ModelCard card, CancellationToken cancellationToken);

    /// <summary>Keeps what the samples have exercised of a model, in place of what was kept before.</summary>
    /// <param name="model">Its name in the configuration.</param>
    /// <param name="coverage">All of it.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    ValueTask WriteAsync(string model, Coverage coverage, CancellationToken cancellationToken);

    /// <summary>Stores an event of an alarm.</summary>
    /// <param name="alarm">What happened.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    ValueTask WriteAsync(ShadowAlarmRecord alarm, CancellationToken cancellationToken);
}

/// <summary>An event of an alarm.</summary>
/// <param name="Time">When.</param>
/// <param name="Model">Name of the model.</param>
/// <param name="Event">What.</param>
/// <param name="Reason">The shares, or the diverging op, in words.</param>
public sealed record ShadowAlarmRecord(DateTimeOffset Time, string Model, ShadowAlarmEvent Event, string Reason);

/// <summary>The events of an alarm.</summary>
public enum ShadowAlarmEvent
{
    /// <summary>It began.</summary>
    Began,

    /// <summary>The diverging op was looked for.</summary>
    Explained,

    /// <summary>It ended.</summary>
    Ended,
}
