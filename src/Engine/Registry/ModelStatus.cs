namespace Engine.Registry;

/// <summary>Whether a configured model can take requests.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="State">What it does.</param>
/// <param name="Failure">Why it has failed, or why it is degraded.</param>
public sealed record ModelStatus(string Name, ModelState State, Exception? Failure = null)
{
    /// <summary>Whether the host is starting and has still to load it. Requests wait for a model that is loaded later.</summary>
    public bool IsStarting { get; init; }
}

/// <summary>What a configured model does.</summary>
public enum ModelState
{
    /// <summary>It is not loaded: nothing has asked for it yet, or it was idle and unloaded.</summary>
    Waiting,

    /// <summary>It is being loaded, and nothing serves in its place.</summary>
    Loading,

    /// <summary>It answers requests.</summary>
    Ready,

    /// <summary>It answers requests, but something is wrong: a change of its configuration did not load, and the model before it serves.</summary>
    Degraded,

    /// <summary>Its loading failed, or native code failed while it ran. The next request loads it again.</summary>
    Failed,
}
