namespace Engine.Tests;

public sealed class SharedFolderTests
{
    [SharedFact]
    public void The_real_weights_lie_beside_the_checkout() =>
        Assert.Equal(937_632, new FileInfo(SharedFolder.Model("aidreams260K-f32.gguf")).Length);

    [SharedTheory]
    [InlineData("ggml-vocab-gpt-2.gguf")]
    public void The_real_vocabularies_lie_beside_the_checkout(string name) =>
        Assert.NotEqual(0, new FileInfo(SharedFolder.Vocabulary(name)).Length);

    [Fact]
    public void A_name_that_is_not_there_fails_its_test() =>
        Assert.Throws<FileNotFoundException>(() => SharedFolder.Model("absent.gguf"));
}
