using Engine.Registry;

namespace Engine.Tests.Registry;

public sealed class KeyFileTests
{
    [Fact]
    public void A_missing_file_and_a_folder_are_reported_as_such()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("keys.txt");
        Assert.Equal("and there is no such file. Write one key per line, or leave it out.", KeyFile.Mistake(path));
        Assert.Equal("which is a folder. Name a file in it, or leave it out.", KeyFile.Mistake(Path.GetDirectoryName(path)!));
    }

    [LinuxFact]
    [System.Runtime.Versioning.SupportedOSPlatform("linux")]
    public void A_file_without_keys_is_refused_and_one_with_a_key_is_not()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("keys.txt");
        File.WriteAllText(path, "# none yet\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        Assert.Equal("and there is no key in it. Write one key per line, or leave it out.", KeyFile.Mistake(path));
        File.AppendAllText(path, "a key\n");
        Assert.Null(KeyFile.Mistake(path));
    }
}
