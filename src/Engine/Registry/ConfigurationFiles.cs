using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.FileProviders;

namespace Engine.Registry;

/// <summary>The files that a configuration is read from, such as appsettings.json. A program reads it from the folder it is started in, unless told
/// otherwise: a missing file is the likely reason why nothing is configured.</summary>
/// <param name="configuration">The host's; only a root knows its files.</param>
internal sealed class ConfigurationFiles(IConfiguration configuration)
{
    // The file of .NET's user secrets, which most programs do not have.
    private const string Secrets = "secrets.json";

    /// <summary>Says that no models are configured, with the files that were read or the one that was not found.</summary>
    public string WithoutModels()
    {
        IFileInfo[] files = [.. Files()];
        string[] read = [.. files.Where(file => file.Exists).Select(Name)];
        const string Remedy = $"Models:{EngineOptions.DefaultModelName}:{nameof(ModelOptions.Path)} to the path of a GGUF file.";
        return read.Length > 0 ? $"Models is empty in {string.Join(" and ", read)}. Set {Remedy}"
            : files.Length == 0 ? $"Models is empty. Set {Remedy}"
            : $"Models is empty, and there is no {Name(files[0])} to read. Start the program in the folder of its {files[0].Name}, "
                + $"make that folder its content root (--contentRoot FOLDER), or set {Remedy}";
    }

    private IEnumerable<IFileInfo> Files()
    {
        foreach (FileConfigurationProvider provider in (configuration as IConfigurationRoot)?.Providers.OfType<FileConfigurationProvider>() ?? [])
        {
            if (provider.Source is { Path: { } path, FileProvider: { } folder } && Path.GetFileName(path) != Secrets)
            {
                yield return folder.GetFileInfo(path);
            }
        }
    }

    private static string Name(IFileInfo file) => $"'{file.PhysicalPath ?? file.Name}'";
}
