namespace Engine.Configuration;

/// <summary>What the values of one model must fulfil.</summary>
internal static class ModelOptionsRules
{
    private static readonly string[] Devices = ["auto", "cpu", "cuda", "vulkan", "metal"];

    /// <summary>The mistakes, each beginning with the key it is about.</summary>
    public static IEnumerable<string> Check(ModelOptions options, IReadOnlyCollection<string> backends, SearchFolders folders)
    {
        if (string.IsNullOrWhiteSpace(options.Path))
        {
            yield return "Path is empty. Set it to the path of a GGUF file.";
        }
        else if (!File.Exists(options.Path))
        {
            yield return $"Path is '{options.Path}', and {folders.Missing(options.Path, "file")}";
        }
        if (!BackendChoice.IsAuto(options.Backend) && !backends.Contains(options.Backend, StringComparer.OrdinalIgnoreCase))
        {
            yield return UnknownBackend(options.Backend, backends);
        }
        if (!Devices.Contains(options.Device, StringComparer.OrdinalIgnoreCase))
        {
            yield return $"Device is '{options.Device}'. Set it to one of {string.Join(", ", Devices)}.";
        }
        if (options.ContextLength < 0)
        {
            yield return $"ContextLength is {options.ContextLength}. Set it to a number of tokens, or to 0 for the model's own.";
        }
        if (options.Slots < 1)
        {
            yield return $"Slots is {options.Slots}. Set it to 1 or more requests at the same time.";
        }
        if (options.Threads < 0)
        {
            yield return $"Threads is {options.Threads}. Set it to a number of threads, or to 0 for as many as help.";
        }
        if (options.GpuLayers < -1)
        {
            yield return $"GpuLayers is {options.GpuLayers}. Set it to a number of layers, or to -1 for all.";
        }
        if (!Enum.IsDefined(options.Tokenizer))
        {
            yield return $"Tokenizer is {options.Tokenizer}. Set it to {StrictSection.Words(typeof(TokenizerRule))}.";
        }
        for (int i = 0; i < options.Adapters.Count; i++)
        {
            (string path, float scale) = (options.Adapters[i].Path, options.Adapters[i].Scale);
            if (!File.Exists(path))
            {
                yield return path.Length == 0 ? $"Adapters:{i}:Path is empty. Set it to the path of an adapter's GGUF file." : $"Adapters:{i}:Path is '{path}', and {folders.Missing(path, "file")}";
            }
            if (!float.IsFinite(scale))
            {
                yield return $"Adapters:{i}:Scale is {scale}. Set it to a number.";
            }
        }
        if (options.LibraryPath is { } library && !Path.Exists(library))
        {
            yield return $"LibraryPath is '{library}', and {folders.Missing(library, "file or folder")}";
        }
    }

    private static string UnknownBackend(string name, IReadOnlyCollection<string> backends)
    {
        string registered = backends.Count == 0 ? "none is" : string.Join(", ", backends.Select(backend => $"'{backend}'")) + (backends.Count == 1 ? " is" : " are");
        if (MissingBackend.Remedy(name) is { } remedy)
        {
            return $"Backend is '{name}', which is not registered ({registered}). {remedy}";
        }
        return Spelling.Nearest(name, backends) is { } nearest
            ? $"Backend is '{name}', which is not registered. Did you mean '{nearest}'?"
            : $"Backend is '{name}', which is not registered ({registered}).";
    }
}
