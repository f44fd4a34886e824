namespace Engine.Registry;

/// <summary>A loaded model that can cease to answer and come back by itself, and says so.</summary>
internal interface ISupervisedModel
{
    /// <summary><see cref="ModelState.Ready"/>, <see cref="ModelState.Degraded"/> while it comes back, or <see cref="ModelState.Failed"/>.</summary>
    ModelState State { get; }

    /// <summary>Why it is degraded or has failed.</summary>
    Exception? Failure { get; }
}
