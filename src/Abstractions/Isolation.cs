namespace Engine;

/// <summary>What a model shares with the program that serves it.</summary>
public enum Isolation
{
    /// <summary>Its process.</summary>
    None,

    /// <summary>Nothing: it runs in a child process, which is restarted if it dies.</summary>
    Process,
}
