namespace Engine.Shadow;

/// <summary>Receives the records of the checks; every registered sink gets each record.</summary>
public interface IShadowSink
{
    /// <summary>Stores a record. Exceptions are counted and logged, at most once a minute, and stop nothing.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken);
}
