using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;

namespace Engine.Registry;

/// <summary>Which backend runs a model, and why.</summary>
/// <param name="Name">The backend's name, registered or not.</param>
/// <param name="Reason">For the log, in brackets after the name.</param>
internal sealed record BackendChoice(string Name, string Reason)
{
    /// <summary>The configuration value that leaves the choice to the platform, like an empty one.</summary>
    public const string Auto = "auto";

    /// <summary>The name of the backend over LLamaSharp, which Engine does not know but may choose.</summary>
    public const string LLamaSharp = "llamasharp";

    /// <summary>The name of the backend for models that another engine runs, which Engine does not know but may choose.</summary>
    public const string Remote = "remote";

    /// <summary>The name of the backend for models in their own processes, which Engine does not know but may choose.</summary>
    public const string Process = "process";

    /// <summary>Whether the choice is left to the platform.</summary>
    public static bool IsAuto(string? backend) => string.IsNullOrWhiteSpace(backend) || StrictSection.Same(backend, Auto);

    /// <summary>The backend for a separate process if that is requested, in which case that process makes the choice; otherwise the backend that was named,
    /// or else the one whose native libraries are available on this platform.</summary>
    /// <param name="options">The model's options.</param>
    /// <param name="registered">The backends there are.</param>
    /// <param name="platform">A runtime identifier; null for that of this process.</param>
    public static BackendChoice Of(ModelOptions options, IEnumerable<string> registered, string? platform = null)
    {
        platform ??= NativeLibraryLocator.RuntimeIdentifier;
        return options.Isolation == Isolation.Process ? new(Process, $"{nameof(ModelOptions.Isolation)}; there with {Of(options with { Isolation = Isolation.None }, registered, platform).Name}")
            : !IsAuto(options.Backend) ? new(options.Backend, "as asked")
            : !string.IsNullOrWhiteSpace(options.Endpoint) ? new(Remote, "auto: Endpoint names another engine")
            : !string.IsNullOrEmpty(options.LibraryPath) ? new(LlamaCppBackend.BackendName, $"auto: LibraryPath names a llama.cpp {LibraryFingerprint.Release}")
            : NativeLibraryLocator.IsPinned(platform) ? new(LlamaCppBackend.BackendName, $"auto: its libraries for {platform} are part of the build")
            : registered.Contains(LLamaSharp, StringComparer.OrdinalIgnoreCase)
                ? new(LLamaSharp, $"auto: llama.cpp {LibraryFingerprint.Release} is not pinned for {platform}, LLamaSharp brings its own libraries")
                : new(LlamaCppBackend.BackendName, $"auto: the backend '{LLamaSharp}', which would bring libraries for {platform}, is not registered");
    }
}
