namespace Engine.Tests.Gguf;

/// <summary>A folder that is gone with its test.</summary>
internal sealed class TemporaryFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("engine-tests-");

    public string File(string name) => Path.Combine(_folder.FullName, name);

    /// <summary>A file of these bytes.</summary>
    public string File(string name, GgufBytes bytes)
    {
        bytes.WriteTo(File(name));
        return File(name);
    }

    public IEnumerable<string> Names => _folder.EnumerateFiles().Select(file => file.Name);

    public void Dispose() => _folder.Delete(recursive: true);
}
