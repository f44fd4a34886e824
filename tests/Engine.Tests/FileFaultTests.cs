namespace Engine.Tests;

public sealed class FileFaultTests
{
    [Fact]
    public void A_path_is_a_folder_empty_nothing_or_a_file_that_cannot_be_read()
    {
        using var folder = new TemporaryFolder();
        Assert.Equal("a folder", FileFault.Describe(Path.GetDirectoryName(folder.File("x"))!, "locked"));
        Assert.Equal("an empty path", FileFault.Describe("", "locked"));
        Assert.Equal("no such file", FileFault.Describe(folder.File("absent"), "locked"));
        Assert.Equal("locked", FileFault.Describe(folder.File("there", [1]), "locked"));
    }
}
