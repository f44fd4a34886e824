using Engine.Gguf;

namespace Engine.Tests.Gguf;

/// <summary>One malformed header each: refused with a message, before anything is allocated for it.</summary>
public sealed class GgufRefusalTests : IDisposable
{
    private const ulong Absurd = ulong.MaxValue;
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Names => [.. Files.Keys];

    private static readonly Dictionary<string, (GgufBytes Bytes, string Sentence)> Files = new()
    {
        ["another format"] = (new GgufBytes().Raw("PK\u0003\u0004"u8), "this is not a GGUF file; it begins with the bytes 504B0304"),
        ["three bytes"] = (new GgufBytes().Raw("GGU"u8), "this is not a GGUF file; it begins with 'GGU'"),
        ["version 0"] = (GgufBytes.Header(version: 0), "expected 2 or 3, found 0"),
        ["version 1"] = (GgufBytes.Header(version: 1), "expected 2 or 3, found 1"),
        ["version 4"] = (GgufBytes.Header(version: 4), "expected 2 or 3, found 4"),
        ["big-endian"] = (GgufBytes.Header(version: 0x0300_0000), "found a big-endian file"),
        ["ends in the counts"] = (new GgufBytes().Raw("GGUF"u8).UInt32(3).UInt32(0), "the number of tensors"),
        ["tensors beyond the limit"] = (GgufBytes.Header(tensors: Absurd), "expected at most 65,536"),
        ["tensors beyond the file"] = (GgufBytes.Header(tensors: 60_000), "bytes that are left in the file"),
        ["entries beyond the limit"] = (GgufBytes.Header(entries: Absurd), "expected at most 65,536"),
        ["entries beyond the file"] = (GgufBytes.Header(entries: 60_000), "bytes that are left in the file"),
        ["key beyond the limit"] = (GgufBytes.Header(entries: 1).UInt64(Absurd).UInt64(0), "expected at most 65,535"),
        ["key beyond the file"] = (GgufBytes.Header(entries: 1).UInt64(100).UInt64(0), "expected at most the 8 bytes that are left"),
        ["empty key"] = (GgufBytes.Header(entries: 1).UInt32Entry("", 1), "expected text of at least one character, found none"),
        ["NUL in a key"] = (GgufBytes.Header(entries: 1).UInt32Entry("a\0b", 1), "found bytes that are not text"),
        ["key that is not UTF-8"] = (GgufBytes.Header(entries: 1).UInt64(2).Raw([0xC3, 0x28]).UInt32(4).UInt32(1), "found bytes that are not text"),
        ["duplicate key"] = (GgufBytes.Header(entries: 2).UInt32Entry("k", 1).UInt32Entry("k", 1), "found 'k' a second time"),
        ["unknown value type"] = (GgufBytes.Header(entries: 1).Key("k", 13).UInt64(0), "expected a value type from 0 to 12, found 13"),
        ["string beyond the limit"] = (GgufBytes.Header(entries: 1).Key("k", 8).UInt64(Absurd), "expected at most 67,108,864"),
        ["string beyond the file"] = (GgufBytes.Header(entries: 1).Key("k", 8).UInt64(9).UInt64(0), "expected at most the 8 bytes that are left"),
        ["bool of another byte"] = (GgufBytes.Header(entries: 1).Key("k", 7).Raw([2]), "expected 0 or 1"),
        ["value cut off"] = (GgufBytes.Header(entries: 1).Key("k", 10).UInt32(0), "expected 8 bytes"),
        ["array beyond the limit"] = (GgufBytes.Header(entries: 1).Key("k", 9).UInt32(0).UInt64(Absurd), "expected at most 67,108,864"),
        ["array beyond the file"] = (GgufBytes.Header(entries: 1).Key("k", 9).UInt32(6).UInt64(3).UInt64(0), "bytes that are left in the file, found 3 of 4 bytes"),
        ["strings beyond the file"] = (GgufBytes.Header(entries: 1).Key("k", 9).UInt32(8).UInt64(2).UInt64(0), "bytes that are left in the file"),
        ["array of arrays"] = (GgufBytes.Header(entries: 1).Key("k", 9).UInt32(9).UInt64(1).UInt32(4).UInt64(0), "found an array of arrays"),
        ["array of an unknown type"] = (GgufBytes.Header(entries: 1).Key("k", 9).UInt32(99).UInt64(1).UInt64(0), "found 99"),
        ["alignment 0"] = (GgufBytes.Header(entries: 1).UInt32Entry("general.alignment", 0), "expected a power of two up to 1,048,576, found 0"),
        ["alignment 24"] = (GgufBytes.Header(entries: 1).UInt32Entry("general.alignment", 24), "expected a power of two"),
        ["alignment of 2 GiB"] = (GgufBytes.Header(entries: 1).UInt32Entry("general.alignment", 0x8000_0000), "expected a power of two"),
        ["alignment that is a string"] = (GgufBytes.Header(entries: 1).StringEntry("general.alignment", "32"), "expected a value of type UInt32, found one of type String"),
        ["tensor name beyond the limit"] = (GgufBytes.Header(tensors: 1).Tensor(new string('n', 64), [4]).Data(16), "expected at most 63"),
        ["tensor without a name"] = (GgufBytes.Header(tensors: 1).Tensor("", [4]).Data(16), "found none"),
        ["five dimensions"] = (GgufBytes.Header(tensors: 1).Tensor("t", [1, 1, 1, 1, 1]).Data(4), "expected at most 4 dimensions, found 5"),
        ["length 0"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4, 0]).Data(16), "expected positive lengths"),
        ["negative length"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4, -1]).Data(16), "expected positive lengths"),
        ["size beyond 64 bits"] = (GgufBytes.Header(tensors: 1).Tensor("t", [1L << 40, 1L << 40]).Data(16), "expected a size that 64 bits can hold"),
        ["bytes beyond 64 bits"] = (GgufBytes.Header(tensors: 1).Tensor("t", [1L << 62]).Data(16), "expected a size that 64 bits can hold"),
        ["removed tensor type"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4], type: 4).Data(16), "expected a type that ggml has, found 4"),
        ["unknown tensor type"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4], type: uint.MaxValue).Data(16), "expected a type that ggml has, found -1"),
        ["part of a block"] = (GgufBytes.Header(tensors: 1).Tensor("t", [33], type: 8).Data(99), "the first a multiple of 32 for q8_0, found (33)"),
        ["misaligned tensor"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4], offset: 4).Data(64), "expected an offset that is a multiple of 32, found 4"),
        ["offset beyond 63 bits"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4], offset: Absurd).Data(64), "expected an offset inside the file"),
        ["data beyond the file"] = (GgufBytes.Header(tensors: 1).Tensor("t", [16]).Data(63), "expected 64 bytes of data, found 63 bytes left in the file"),
        ["offset beyond the file"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4], offset: 1 << 20).Data(64), "bytes left in the file"),
        ["no data at all"] = (GgufBytes.Header(tensors: 1).Tensor("t", [4]), "expected 16 bytes of data, found 0"),
        ["overlap"] = (GgufBytes.Header(tensors: 2).Tensor("a", [16]).Tensor("b", [4], offset: 32).Data(96), "found data that overlaps that of 'a'"),
        ["duplicate tensor"] = (GgufBytes.Header(tensors: 2).Tensor("a", [4]).Tensor("a", [4], offset: 32).Data(96), "found 'a' twice"),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_malformed_header_is_refused(string name)
    {
        (GgufBytes bytes, string message) = Files[name];
        string path = _folder.File("model.gguf", bytes);

        var refusal = Assert.Throws<ModelFileException>(() => GgufFile.Open(path));

        Assert.Contains(message, refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_real_file_cut_off_anywhere_is_refused()
    {
        byte[] whole = File.ReadAllBytes(TestData.Model("aidreams260K-q8_0.gguf"));
        for (int length = 1; length < whole.Length; length += length < 30_000 ? 997 : 29_989)
        {
            File.WriteAllBytes(_folder.File("cut.gguf"), whole[..length]);
            Assert.Throws<ModelFileException>(() => GgufFile.Open(_folder.File("cut.gguf")));
        }
    }
}
