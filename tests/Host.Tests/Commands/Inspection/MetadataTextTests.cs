using Engine.Gguf;
using Engine.Host.Commands.Inspection;

namespace Engine.Host.Tests.Commands.Inspection;

public sealed class MetadataTextTests
{
    [Theory]
    [InlineData(40)]
    [InlineData(80)]
    public void Each_entry_of_a_shipped_model_fits_the_terminal_with_its_whole_name(int width)
    {
        using GgufFile file = GgufFile.Open(Path.Combine(SharedFolder.Checkout, "models", "llama-stories-q8_0.gguf"));
        string[] lines = [.. MetadataText.Lines(file.Metadata, width)];
        Assert.All(lines, line => Assert.True(line.Length <= width, line));
        Assert.All(file.Metadata.Keys, key => Assert.Contains(lines, line => line.TrimStart().Split(' ')[0] == key));
    }
}
