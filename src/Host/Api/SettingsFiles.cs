using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace Engine.Host.Api;

/// <summary>Settings files that may change while the program runs. If one cannot be read then, the previous settings remain.</summary>
internal sealed partial class SettingsFiles
{
    private ILogger? _logger;

    /// <summary>An optional file. It is polled every few seconds, because changes in a mounted folder or of a link raise no events.</summary>
    public IConfigurationSource At(string path) => new Source(this)
    {
        // Otherwise the whole folder would be watched, subfolders included.
        FileProvider = new PhysicalFileProvider(Path.GetDirectoryName(path)!) { UsePollingFileWatcher = true, UseActivePolling = true },
        Path = Path.GetFileName(path),
        Optional = true,
        ReloadOnChange = true,
    };

    /// <summary>Replaces the framework's own sources, which an error in the file would empty while the program runs.</summary>
    public void Replace(IList<IConfigurationSource> sources, string folder)
    {
        for (int i = 0; i < sources.Count; i++)
        {
            if (sources[i] is JsonConfigurationSource { Path: { } name } && !Path.IsPathRooted(name))
            {
                sources[i] = At(Path.Combine(folder, name));
            }
        }
    }

    /// <summary>From now on, logs which file cannot be read.</summary>
    public void LogTo(ILogger logger) => Volatile.Write(ref _logger, logger);

    /// <summary>Logs what is wrong with a file; false during startup, which fails with the error instead.</summary>
    private bool Refuse(string path, Exception mistake)
    {
        if (Volatile.Read(ref _logger) is not { } logger)
        {
            return false;
        }
        LogRefused(logger, path, (mistake.InnerException ?? mistake).Message);
        return true;
    }

    private sealed class Source(SettingsFiles files) : JsonConfigurationSource
    {
        public override IConfigurationProvider Build(IConfigurationBuilder builder)
        {
            EnsureDefaults(builder);
            return new Provider(files, this);
        }
    }

    private sealed class Provider(SettingsFiles files, Source source) : JsonConfigurationProvider(source)
    {
        public override void Load(Stream stream)
        {
            try
            {
                base.Load(stream);
            }
            catch (FormatException mistake) when (files.Refuse(source.FileProvider!.GetFileInfo(source.Path!).PhysicalPath!, mistake))
            {
                // Keep what was read before.
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            ((PhysicalFileProvider)source.FileProvider!).Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The settings stay unchanged, because {Path} has changed and is not JSON: {Mistake} Correct the file")]
    private static partial void LogRefused(ILogger logger, string path, string mistake);
}
