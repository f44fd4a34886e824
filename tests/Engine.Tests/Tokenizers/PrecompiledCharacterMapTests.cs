using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class PrecompiledCharacterMapTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_file_without_a_map_replaces_nothing()
    {
        Assert.True(Read(null).Replace("ﬁ"u8, out int length).IsEmpty);
        Assert.Equal(0, length);
    }

    [Theory]
    [InlineData(new byte[] { 1, 2 })]
    [InlineData(new byte[] { 8, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8 })] // nothing after the nodes
    [InlineData(new byte[] { 255, 255, 255, 255, 0, 0 })]
    public void A_map_that_is_shorter_than_it_says_is_refused(byte[] map)
    {
        var refusal = Assert.Throws<ModelFileException>(() => Read(map));
        Assert.Contains("precompiled_charsmap", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_map_that_points_outside_itself_is_refused()
    {
        // one node whose children lie at 2^20
        byte[] map = [4, 0, 0, 0, 0, 0, 0, 0x40, 0];
        Assert.Throws<ModelFileException>(() => Read(map).Replace("a"u8, out _));
    }

    private PrecompiledCharacterMap Read(byte[]? map)
    {
        string path = _folder.File("map.gguf");
        var writer = new GgufWriter();
        writer.SetMetadata("tokenizer.ggml.model", "t5");
        if (map is not null)
        {
            writer.SetMetadata("tokenizer.ggml.precompiled_charsmap", GgufValue.FromArray(map));
        }
        writer.Write(path);
        using GgufFile file = GgufFile.Open(path);
        return PrecompiledCharacterMap.Read(file.Metadata);
    }
}
