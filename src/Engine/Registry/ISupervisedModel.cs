namespace Engine.Registry;

/// <summary>A loaded model that may stop answering and recover by itself, and reports it.</summary>
internal interface ISupervisedModel
{
    /// <summary><see cref="ModelState.Ready"/>, <see cref="ModelState.Degraded"/> while it recovers, or <see cref="ModelState.Failed"/>.</summary>
    ModelState State { get; }

    /// <summary>Why it is degraded or has failed.</summary>
    Exception? Failure { get; }
}
