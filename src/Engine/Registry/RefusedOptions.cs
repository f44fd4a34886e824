namespace Engine.Registry;

/// <summary>Options that failed to give a serving model.</summary>
/// <param name="Options">What was to be loaded.</param>
/// <param name="Stamp">Its files, as they were before they were read.</param>
/// <param name="Reason">Why it does not serve.</param>
internal sealed record RefusedOptions(ModelOptions Options, FileStamp Stamp, Exception Reason);
