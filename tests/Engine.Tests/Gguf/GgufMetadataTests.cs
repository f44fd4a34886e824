using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufMetadataTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly GgufFile _file;

    public GgufMetadataTests() => _file = GgufFile.Open(_folder.File("tiny.gguf", GgufBytes.Header(entries: 4)
        .UInt32Entry("number", 7).StringEntry("text", "t")
        .Key("numbers", 9).UInt32(4).UInt64(2).UInt32(1).UInt32(2)
        .Key("large", 9).UInt32(4).UInt64(1).UInt32(uint.MaxValue)));

    public void Dispose()
    {
        _file.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void An_absent_key_gives_null()
    {
        Assert.Null(_file.Metadata.GetUInt32("absent"));
        Assert.Null(_file.Metadata.GetString("absent"));
        Assert.Null(_file.Metadata.GetStrings("absent"));
        Assert.Null(_file.Metadata.GetFloat32s("absent"));
        Assert.Null(_file.Metadata.GetInt32s("absent"));
        Assert.Null(_file.Metadata["absent"]);
    }

    [Fact]
    public void A_required_key_that_is_absent_is_named() =>
        Assert.Equal(
            "Reading metadata 'llama.block_count' of 'tiny.gguf': expected a u32, found nothing. Convert the model again.",
            Assert.Throws<ModelFileException>(() => _file.Metadata.RequireUInt32("llama.block_count")).Message);

    [Fact]
    public void A_value_of_another_type_is_refused() =>
        Assert.Equal(
            "Reading metadata 'number' of 'tiny.gguf': expected a value of type Int32, found one of type UInt32. Convert the model again.",
            Assert.Throws<ModelFileException>(() => _file.Metadata.GetInt32("number")).Message);

    [Fact]
    public void A_single_value_is_not_an_array() =>
        Assert.Throws<ModelFileException>(() => _file.Metadata.GetInt32s("number"));

    [Fact]
    public void Unsigned_integers_are_read_as_signed_if_they_fit()
    {
        Assert.Equal([1, 2], _file.Metadata.GetInt32s("numbers"));
        Assert.Throws<ModelFileException>(() => _file.Metadata.GetInt32s("large"));
    }
}
