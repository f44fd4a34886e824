using Microsoft.Extensions.Configuration.Json;
using Microsoft.Extensions.FileProviders;

namespace Engine.Host.Api;

/// <summary>Files of settings that may change while the program runs. One that cannot be read then leaves what was read before.</summary>
internal sealed partial class SettingsFiles
{
    private ILogger? _logger;

    /// <summary>A file that may be there. It is looked at every few seconds, as changes of a mounted folder or of a link are reported to nobody.</summary>
    public IConfigurationSource At(string path) => new Source(this)
    {
        // The whole folder would be watched otherwise, with all that is below it.
        FileProvider = new PhysicalFileProvider(Path.GetDirectoryName(path)!) { UsePollingFileWatcher = true, UseActivePolling = true },
        Path = Path.GetFileName(path),
        Optional = true,
        ReloadOnChange = true,
    };

    /// <summary>Takes the place of the framework's own sources, which a mistake made while the program runs would empty.</summary>
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

    /// <summary>Says from now on which file cannot be read.</summary>
    public void LogTo(ILogger logger) => Volatile.Write(ref _logger, logger);

    /// <summary>Says what is wrong with a file; false while the program starts, which then fails with it.</summary>
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
                // What was read before stays.
            }
        }

        protected override void Dispose(bool disposing)
        {
            base.Dispose(disposing);
            ((PhysicalFileProvider)source.FileProvider!).Dispose();
        }
    }

    [LoggerMessage(1, LogLevel.Error, "The settings stay as they are: {Path} has changed and is not JSON: {Mistake} Correct the file")]
    private static partial void LogRefused(ILogger logger, string path, string mistake);
}
