namespace Engine.Registry;

/// <summary>Whether a configured model can take requests.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="State">Its state.</param>
/// <param name="Failure">Why it has failed, or why it is degraded.</param>
public sealed record ModelStatus(string Name, ModelState State, Exception? Failure = null)
{
    /// <summary>Whether the host is starting and has not loaded it yet. Requests wait for a model that is loaded later.</summary>
    public bool IsStarting { get; init; }
}

/// <summary>The state of a configured model.</summary>
public enum ModelState
{
    /// <summary>It is not loaded: it has had no request yet, or was unloaded when idle.</summary>
    Waiting,

    /// <summary>It is being loaded, and no other version serves.</summary>
    Loading,

    /// <summary>It answers requests.</summary>
    Ready,

    /// <summary>It answers requests, but something is wrong: a change of its configuration failed to load, and the previous version serves.</summary>
    Degraded,

    /// <summary>It failed to load, or native code failed while it ran. The next request loads it again.</summary>
    Failed,
}
