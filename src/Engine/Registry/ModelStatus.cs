namespace Engine.Registry;

/// <summary>Whether a configured model can take requests.</summary>
/// <param name="Name">Its name in the configuration.</param>
/// <param name="State">What it does.</param>
/// <param name="Failure">Why it has failed, with <see cref="ModelState.Failed"/>.</param>
public sealed record ModelStatus(string Name, ModelState State, Exception? Failure = null);

/// <summary>What a configured model does.</summary>
public enum ModelState
{
    /// <summary>Its loading has not begun.</summary>
    Waiting,

    /// <summary>It is being loaded.</summary>
    Loading,

    /// <summary>It answers requests.</summary>
    Ready,

    /// <summary>Its loading failed, or native code failed while it ran. The next request loads it again.</summary>
    Failed,
}
