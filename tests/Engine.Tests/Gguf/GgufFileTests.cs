using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufFileTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(2u)]
    [InlineData(3u)]
    public void Versions_2_and_3_read_alike(uint version)
    {
        GgufBytes bytes = GgufBytes.Header(tensors: 2, entries: 3, version)
            .StringEntry("general.architecture", "llama")
            .UInt32Entry("llama.block_count", 7)
            .StringsEntry("tokenizer.ggml.tokens", "a", "", "ö")
            .Tensor("first", [8, 2], offset: 0)
            .Tensor("second", [3], type: 24, offset: 64)
            .Data(67);

        using GgufFile file = GgufFile.Open(_folder.File("model.gguf", bytes));

        Assert.Equal(version, file.Version);
        Assert.Equal("llama", file.Metadata.RequireString("general.architecture"));
        Assert.Equal(7u, file.Metadata.RequireUInt32("llama.block_count"));
        Assert.Equal(["a", "", "ö"], file.Metadata.RequireStrings("tokenizer.ggml.tokens"));
        Assert.Equal(["first", "second"], file.Tensors.Select(tensor => tensor.Name));
        GgufTensor second = file.FindTensor("second")!;
        Assert.Equal([3], second.Shape);
        Assert.Equal(GgmlType.I8, second.Type);
        Assert.Equal([64, 65, 66], file.GetData(second, 0, 3).ToArray());
        Assert.Equal(64, file.FindTensor("first")!.ByteLength);
    }

    [Fact]
    public void Every_type_of_value_is_read()
    {
        GgufBytes bytes = GgufBytes.Header(entries: 12)
            .Key("u8", 0).Raw([200]).Key("i8", 1).Raw([200])
            .Key("u16", 2).Raw([0, 200]).Key("i16", 3).Raw([0, 200])
            .Key("u32", 4).UInt32(3_000_000_000).Key("i32", 5).UInt32(3_000_000_000)
            .Key("f32", 6).Raw(BitConverter.GetBytes(1.5f)).Key("bool", 7).Raw([1])
            .Key("u64", 10).UInt64(ulong.MaxValue).Key("i64", 11).UInt64(ulong.MaxValue)
            .Key("f64", 12).Raw(BitConverter.GetBytes(0.1))
            .Key("array", 9).UInt32(3).UInt64(2).Raw([1, 0, 255, 255]);

        using GgufFile file = GgufFile.Open(_folder.File("model.gguf", bytes));

        object[] values = [.. file.Metadata.Keys.SkipLast(1).Select(key => file.Metadata[key]!.Value)];
        Assert.Equal([(byte)200, (sbyte)-56, (ushort)51_200, (short)-14_336, 3_000_000_000u, -1_294_967_296, 1.5f, true, ulong.MaxValue, -1L, 0.1], values);
        Assert.Equal(new short[] { 1, -1 }, file.Metadata["array"]!.Value);
    }

    [Fact]
    public void Alignment_moves_the_data()
    {
        GgufBytes bytes = GgufBytes.Header(tensors: 1, entries: 1)
            .UInt32Entry("general.alignment", 256).Tensor("t", [4]).Data(16, alignment: 256);

        using GgufFile file = GgufFile.Open(_folder.File("model.gguf", bytes));

        Assert.Equal(256, file.Tensors[0].FileOffset);
        Assert.Equal([0, 1, 2, 3], file.GetData(file.Tensors[0], 0, 4).ToArray());
    }

    [Fact]
    public void Data_is_read_within_its_tensor_only()
    {
        using GgufFile file = GgufFile.Open(_folder.File("model.gguf", GgufBytes.Header(tensors: 1).Tensor("t", [4]).Data(32)));

        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetData(file.Tensors[0], 8, 9).Length);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.GetData(file.Tensors[0], -1, 1).Length);
    }

    [Fact]
    public void Data_is_gone_after_disposal()
    {
        GgufFile file = GgufFile.Open(_folder.File("model.gguf", GgufBytes.Header(tensors: 1).Tensor("t", [4]).Data(16)));
        file.Dispose();

        Assert.Throws<ObjectDisposedException>(() => file.GetData(file.Tensors[0], 0, 1).Length);
    }

    [Fact]
    public void A_missing_file_a_folder_and_an_empty_file_are_refused()
    {
        File.WriteAllBytes(_folder.File("empty.gguf"), []);

        Assert.Contains("found nothing there", Refusal(_folder.File("absent.gguf")), StringComparison.Ordinal);
        Assert.Contains("found a folder", Refusal(Path.GetTempPath()), StringComparison.Ordinal);
        Assert.Contains("found an empty one", Refusal(_folder.File("empty.gguf")), StringComparison.Ordinal);
        Assert.Contains("found nothing there", Refusal(""), StringComparison.Ordinal);
    }

    private static string Refusal(string path) => Assert.Throws<ModelFileException>(() => GgufFile.Open(path)).Message;
}
