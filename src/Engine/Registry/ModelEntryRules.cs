using Engine.Serving;

namespace Engine.Registry;

/// <summary>Validates a configured model: its values, and that its files exist.</summary>
internal static class ModelEntryRules
{
    private static readonly string[] Devices = ["auto", "cpu", "cuda", "vulkan", "metal"];

    /// <summary>The errors, each beginning with its key.</summary>
    public static IEnumerable<string> Check(ModelOptions options, IReadOnlyCollection<string> backends, SearchFolders folders)
    {
        if (IsRemote(options))
        {
            foreach (string mistake in RemoteOptionRules.Mistakes(options))
            {
                yield return mistake;
            }
        }
        else if (string.IsNullOrWhiteSpace(options.Path))
        {
            yield return "Path is empty. Set it to the path of a GGUF file.";
        }
        else if (!File.Exists(options.Path))
        {
            yield return $"Path is '{options.Path}', and {folders.Missing(options.Path, "file")}";
        }
        if (!Enum.IsDefined(options.Isolation))
        {
            yield return $"Isolation is {options.Isolation}. Set it to {StrictSection.Words(typeof(Isolation))}.";
        }
        if (options.Isolation == Isolation.Process)
        {
            if (IsRemote(options))
            {
                yield return "Isolation is process, and another engine runs the model. Set Isolation there, and leave it out here.";
            }
            else if (!backends.Contains(BackendChoice.Process, StringComparer.OrdinalIgnoreCase))
            {
                yield return $"Isolation is process, and no backend is registered that starts one. {MissingBackend.Hint(BackendChoice.Remote)}";
            }
        }
        string backend = BackendChoice.Of(options with { Isolation = Isolation.None }, backends).Name;
        if ((!BackendChoice.IsAuto(options.Backend) || IsRemote(options)) && !backends.Contains(backend, StringComparer.OrdinalIgnoreCase))
        {
            yield return UnknownBackend(backend, backends);
        }
        if (!IsRemote(options) && !string.IsNullOrWhiteSpace(options.Endpoint))
        {
            yield return $"Endpoint is '{options.Endpoint}', and Backend is '{options.Backend}', which loads models itself. Set Backend to {BackendChoice.Remote}, or leave Endpoint out.";
        }
        if (!Enum.IsDefined(options.Load))
        {
            yield return $"Load is {options.Load}. Set it to {StrictSection.Words(typeof(ModelLoad))}.";
        }
        if (options.UnloadAfter is { } idle && idle <= TimeSpan.Zero)
        {
            yield return $"UnloadAfter is {idle}. Set it to a time above 0 as hours:minutes:seconds, or leave it out to keep the model loaded.";
        }
        if (!Devices.Contains(options.Device, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"Device is '{options.Device}'. Set it to one of {string.Join(", ", Devices)}.";
        }
        foreach (string mistake in ModelOptionRules.Mistakes(options, path => folders.Missing(path, "file")))
        {
            yield return mistake;
        }
        for (int i = 0; i < options.Adapters.Count; i++)
        {
            string path = options.Adapters[i].Path;
            if (!File.Exists(path))
            {
                yield return path.Length == 0 ? $"Adapters:{i}:Path is empty. Set it to the path of an adapter's GGUF file." : $"Adapters:{i}:Path is '{path}', and {folders.Missing(path, "file")}";
            }
        }
        if (options.LibraryPath is { } library && !Path.Exists(library))
        {
            yield return $"LibraryPath is '{library}', and {folders.Missing(library, "file or folder")}";
        }
    }

    private static bool IsRemote(ModelOptions options) =>
        BackendChoice.IsAuto(options.Backend) ? !string.IsNullOrWhiteSpace(options.Endpoint) : StrictSection.Same(options.Backend, BackendChoice.Remote);

    private static string UnknownBackend(string name, IReadOnlyCollection<string> backends)
    {
        string registered = backends.Count == 0 ? "none is" : string.Join(", ", backends.Select(backend => $"'{backend}'")) + (backends.Count == 1 ? " is" : " are");
        if (MissingBackend.Hint(name) is { } hint)
        {
            return $"Backend is '{name}', which is not registered ({registered}). {hint}";
        }
        return Spelling.Nearest(name, backends) is { } nearest
            ? $"Backend is '{name}', which is not registered. Did you mean '{nearest}'?"
            : $"Backend is '{name}', which is not registered ({registered}).";
    }
}
