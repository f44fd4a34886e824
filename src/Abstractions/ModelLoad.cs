namespace Engine;

/// <summary>When a configured model is loaded.</summary>
public enum ModelLoad
{
    /// <summary>When the host starts, or as soon as the configuration names it.</summary>
    AtStart,

    /// <summary>By its first request, which waits for it.</summary>
    OnUse,
}
