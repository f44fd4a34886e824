namespace ReferenceModels.Tests;

/// <summary>A folder for the files of one test class, gone afterwards.</summary>
public sealed class TemporaryFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("reference-tests-").FullName;

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
