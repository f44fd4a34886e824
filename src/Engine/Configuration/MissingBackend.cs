namespace Engine.Configuration;

/// <summary>What brings a backend that is part of the project and not registered.</summary>
internal static class MissingBackend
{
    /// <summary>What to do; null for a name that no backend of the project has.</summary>
    public static string? Remedy(string name) => name.ToUpperInvariant() switch
    {
        "REFERENCE" => "Add the call AddReferenceModels() behind AddEngine().",
        "LLAMASHARP" => "It is an optional part: build with -p:LLamaSharp=true on a package feed that holds LLamaSharp, and in a program of your own add the call AddLLamaSharp() behind AddEngine().",
        _ => null,
    };
}
