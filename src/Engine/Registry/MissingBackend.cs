namespace Engine.Registry;

/// <summary>How to get a backend that is part of the project but not registered.</summary>
internal static class MissingBackend
{
    /// <summary>What to do; null for a name that no backend of the project has.</summary>
    public static string? Hint(string name) => name.ToUpperInvariant() switch
    {
        "REFERENCE" => "Add the call AddReferenceModels() after AddEngine().",
        "REMOTE" => "Add the call AddRemoteModels() after AddEngine(), of src/Remote.",
        "LLAMASHARP" => "Build without -p:LLamaSharp=false; in your own program, reference src/LLamaSharp and add the call AddLLamaSharp() after AddEngine().",
        _ => null,
    };
}
