namespace Engine.Shadow;

/// <summary>Takes the records of the checks; all that are registered in the container get each of them.</summary>
public interface IShadowSink
{
    /// <summary>Keeps a record. What it throws is counted and logged, at most once a minute, and stops nothing.</summary>
    /// <param name="record">The record.</param>
    /// <param name="cancellationToken">Cancels with the host.</param>
    ValueTask WriteAsync(ShadowRecord record, CancellationToken cancellationToken);
}
