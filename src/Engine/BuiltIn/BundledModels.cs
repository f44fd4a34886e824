namespace Engine.BuiltIn;

/// <summary>The models that come with the engine. Each has a name that can be used in place of a path: <c>builtin:llama-stories</c>.</summary>
internal static class BundledModels
{
    /// <summary>The prefix of a name.</summary>
    public const string Scheme = "builtin:";

    // The format of a name that gives none.
    private const string UsualFormat = "-q8_0";

    /// <summary>The names without <see cref="Scheme"/>.</summary>
    public static IReadOnlyList<string> Names => [.. Files().SelectMany(NamesOf).Order(StringComparer.Ordinal)];

    private static string Folder => Path.Combine(AppContext.BaseDirectory, "models");

    /// <summary>Whether a path is such a name.</summary>
    public static bool IsName(string path) => path.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase);

    /// <summary>The file of a bundled model; null if there is none of that name.</summary>
    /// <param name="name">With <see cref="Scheme"/>; case does not matter.</param>
    public static string? Find(string name) => Files().FirstOrDefault(file => NamesOf(file).Contains(name[Scheme.Length..], StringComparer.OrdinalIgnoreCase));

    /// <summary>The path itself, or the file of a bundled model.</summary>
    /// <exception cref="ConfigurationException">There is no bundled model of that name.</exception>
    public static string Resolve(string path) => !IsName(path) ? path : Find(path) ?? throw new ConfigurationException($"Finding the model '{path}': {Unknown(path)}");

    /// <summary>The message for an unknown bundled model.</summary>
    public static string Unknown(string name)
    {
        string[] known = [.. Names.Select(known => Scheme + known)];
        return known.Length == 0 ? $"expected the models that come with the engine in '{Folder}', found none. Build or publish the program again."
            : Spelling.Nearest(name, known) is { } nearest ? $"no model of that name comes with the engine. Did you mean '{nearest}'?"
            : $"no model of that name comes with the engine. There are {string.Join(", ", known)}.";
    }

    // Heads are beside the model they belong to.
    private static IEnumerable<string> Files() => Directory.Exists(Folder)
        ? Directory.EnumerateFiles(Folder, "*.gguf").Where(file => !file.EndsWith(".heads.gguf", StringComparison.Ordinal))
        : [];

    private static string[] NamesOf(string file)
    {
        string name = Path.GetFileNameWithoutExtension(file);
        return name.EndsWith(UsualFormat, StringComparison.Ordinal) ? [name, name[..^UsualFormat.Length]] : [name];
    }
}
