using Engine.BuiltIn;
using Engine.Chat;

namespace Engine.Registry;

/// <summary>The folders in which relative paths of the configuration are looked up: the content root, the program's folder and the current
/// one, in this order. A service is rarely started in its own folder.</summary>
/// <param name="contentRoot">The host's; null if there is no host.</param>
internal sealed class SearchFolders(string? contentRoot)
{
    private readonly string[] _folders =
    [
        .. new[] { contentRoot, AppContext.BaseDirectory, Directory.GetCurrentDirectory() }.OfType<string>()
            .Select(folder => Path.TrimEndingDirectorySeparator(Path.GetFullPath(folder))).Distinct(),
    ];

    /// <summary>The options with full paths, as far as there are such files.</summary>
    public ModelOptions Resolve(ModelOptions options) => options with
    {
        Path = Resolve(options.Path),
        Adapters = [.. options.Adapters.Select(adapter => adapter with { Path = Resolve(adapter.Path) })],
        ChatTemplate = options.ChatTemplate is { } template && !NamedTemplates.IsFamily(template) ? Resolve(template) : options.ChatTemplate,
        KeyFile = options.KeyFile is { } keyFile ? Resolve(keyFile) : null,
        CertificateFile = options.CertificateFile is { } certificate ? Resolve(certificate) : null,
        Gate = options.Gate is { File: { } text } gate ? gate with { File = Resolve(text) } : options.Gate,
        LibraryPath = options.LibraryPath is { } library ? Resolve(library) : null,
    };

    /// <summary>Says that nothing was found at a path.</summary>
    /// <param name="path">As written in the configuration.</param>
    /// <param name="what"><c>file</c>, or <c>file or folder</c>.</param>
    public string Missing(string path, string what) =>
        BundledModels.IsName(path) ? BundledModels.Unknown(path)
        : Path.IsPathRooted(path) ? $"there is no such {what}."
        : $"there is no such {what} in {string.Join(" or ", _folders.Select(folder => $"'{folder}'"))}.";

    private string Resolve(string path) =>
        BundledModels.IsName(path) ? BundledModels.Find(path) ?? path
        : string.IsNullOrWhiteSpace(path) || Path.IsPathRooted(path) ? path
        : _folders.Select(folder => Path.Combine(folder, path)).FirstOrDefault(Path.Exists) ?? path;
}
