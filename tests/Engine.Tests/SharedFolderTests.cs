namespace Engine.Tests;

public sealed class SharedFolderTests
{
    [SharedFact]
    public void The_weights_of_MiniLM_are_beside_the_checkout() =>
        Assert.True(new FileInfo(SharedFolder.MiniLm("model.safetensors")).Length > 80_000_000);

    [Fact]
    public void An_unknown_name_fails_its_test() =>
        Assert.Throws<FileNotFoundException>(() => SharedFolder.MiniLm("absent.gguf"));
}
