using Engine.Gguf;

namespace Engine.Registry;

/// <summary>The files of a model at one point in time. If two stamps are equal, the files have not changed.</summary>
/// <param name="Text">Path, size and time of writing of each.</param>
internal sealed record FileStamp(string Text)
{
    public static FileStamp Of(ModelOptions options) => new(string.Join('\n', Files(options).Select(Describe)));

    private static IEnumerable<string> Files(ModelOptions options) =>
        GgufSplit.Files(options.Path).Concat(options.Adapters.Select(adapter => adapter.Path))
            .Concat([options.ChatTemplate, options.LibraryPath, options.Gate?.File, options.KeyFile, options.CertificateFile])
            .OfType<string>().Where(path => path.Length > 0);

    private static string Describe(string path)
    {
        var file = new FileInfo(path);
        return file.Exists ? $"{path}|{file.Length}|{file.LastWriteTimeUtc.Ticks}" : path;
    }
}
