using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufWriterTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_bytes_are_those_of_the_format()
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "llama");
        writer.SetMetadata("llama.block_count", 7u);
        writer.SetMetadata("tokenizer.ggml.tokens", ["a", "", "ö"]);
        writer.AddTensor("first", [8, 2], GgmlType.F32, Bytes(64));
        writer.AddTensor("second", [3], GgmlType.I8, new byte[] { 64, 65, 66 });
        byte[] expected = GgufBytes.Header(tensors: 2, entries: 3)
            .StringEntry("general.architecture", "llama").UInt32Entry("llama.block_count", 7).StringsEntry("tokenizer.ggml.tokens", "a", "", "ö")
            .Tensor("first", [8, 2], offset: 0).Tensor("second", [3], type: 24, offset: 64)
            .Data(67).Raw(new byte[29]).ToArray();

        using var written = new MemoryStream();
        writer.Write(written);

        Assert.Equal(expected, written.ToArray());
    }

    [Fact]
    public void Every_type_of_value_comes_back()
    {
        var writer = new GgufWriter();
        writer.SetMetadata("u8", (byte)200);
        writer.SetMetadata("i8", (sbyte)-56);
        writer.SetMetadata("u16", (ushort)51_200);
        writer.SetMetadata("i16", (short)-14_336);
        writer.SetMetadata("u32", 3_000_000_000u);
        writer.SetMetadata("i32", -1_294_967_296);
        writer.SetMetadata("f32", 1.5f);
        writer.SetMetadata("bool", true);
        writer.SetMetadata("u64", ulong.MaxValue);
        writer.SetMetadata("i64", -1L);
        writer.SetMetadata("f64", 0.1);
        writer.SetMetadata("string", "ö");
        writer.SetMetadata("f32s", new[] { 1f, float.NaN });
        writer.SetMetadata("bools", new[] { true, false });
        writer.SetMetadata("broken UTF-8", GgufValue.FromStrings(GgufStrings.From([[0xFF], [0xFE, 0x00]])));
        writer.Write(_folder.File("model.gguf"));

        using GgufFile file = GgufFile.Open(_folder.File("model.gguf"));

        object[] values = [.. file.Metadata.Keys.Take(12).Select(key => file.Metadata[key]!.Value)];
        Assert.Equal([(byte)200, (sbyte)-56, (ushort)51_200, (short)-14_336, 3_000_000_000u, -1_294_967_296, 1.5f, true, ulong.MaxValue, -1L, 0.1, "ö"], values);
        Assert.Equal([1f, float.NaN], file.Metadata.GetFloat32s("f32s"));
        Assert.Equal(new[] { true, false }, file.Metadata["bools"]!.Value);
        GgufStrings broken = file.Metadata.RequireStrings("broken UTF-8");
        Assert.Equal([0xFF], broken.Bytes(0).ToArray());
        Assert.Equal([0xFE, 0x00], broken.Bytes(1).ToArray());
    }

    [Fact]
    public void A_custom_alignment_is_written_and_kept()
    {
        var writer = new GgufWriter(alignment: 128);
        writer.AddTensor("a", [1], GgmlType.F32, Bytes(4));
        writer.AddTensor("b", [1], GgmlType.F32, Bytes(4));
        writer.Write(_folder.File("model.gguf"));

        using GgufFile file = GgufFile.Open(_folder.File("model.gguf"));

        Assert.Equal(128u, file.Metadata.GetUInt32("general.alignment"));
        Assert.All(file.Tensors, tensor => Assert.Equal(0, tensor.FileOffset % 128));
        Assert.Equal(128, file.Tensors[1].FileOffset - file.Tensors[0].FileOffset);
    }

    [Theory]
    [InlineData("aidreams260K-f32.gguf")]
    [InlineData("aidreams260K-q8_0.gguf")]
    public void A_real_file_written_again_has_the_same_content(string name)
    {
        using GgufFile original = GgufFile.Open(TestData.Model(name));
        var writer = new GgufWriter();
        foreach (string key in original.Metadata.Keys)
        {
            writer.SetMetadata(key, original.Metadata[key]!);
        }
        foreach (GgufTensor tensor in original.Tensors)
        {
            writer.AddTensor(tensor.Name, tensor.Shape, tensor.Type, stream => stream.Write(original.GetData(tensor, 0, (int)tensor.ByteLength)));
        }
        writer.Write(_folder.File("copy.gguf"));

        Assert.Equal(File.ReadAllBytes(original.Path), File.ReadAllBytes(_folder.File("copy.gguf")));
    }

    [Fact]
    public void A_failed_write_leaves_the_old_file_and_nothing_else()
    {
        File.WriteAllText(_folder.File("model.gguf"), "old");
        var writer = new GgufWriter();
        writer.AddTensor("t", [4], GgmlType.F32, stream => stream.Write(new byte[15]));

        var error = Assert.Throws<InvalidOperationException>(() => writer.Write(_folder.File("model.gguf")));

        Assert.Equal("Tensor 't' takes 16 bytes, 15 were written.", error.Message);
        Assert.Equal("old", File.ReadAllText(_folder.File("model.gguf")));
        Assert.Equal(["model.gguf"], _folder.Names);
    }

    [Fact]
    public void A_file_that_the_reader_would_refuse_is_not_written()
    {
        var writer = new GgufWriter();
        writer.AddTensor("t", [4], GgmlType.I8, Bytes(4));

        Assert.Throws<ArgumentException>(() => new GgufWriter(alignment: 24));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata("", 1u));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata(new string('k', 65_536), 1u));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata("decimal", 1m));
        Assert.Throws<ArgumentException>(() => writer.SetMetadata("general.alignment", 64u));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("t", [4], GgmlType.I8, Bytes(4)));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("u", [4], GgmlType.I8, Bytes(5)));
        Assert.Throws<ArgumentException>(() => writer.AddTensor(new string('n', 64), [4], GgmlType.I8, Bytes(4)));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("v", [33], GgmlType.Q8_0, Bytes(34)));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("w", [4, 0], GgmlType.I8, Bytes(0)));
        Assert.Throws<ArgumentException>(() => writer.AddTensor("x", [1, 1, 1, 1, 1], GgmlType.I8, Bytes(1)));
        Assert.Throws<ArgumentOutOfRangeException>(() => writer.AddTensor("y", [1], (GgmlType)4, Bytes(1)));
    }

    private static byte[] Bytes(int count) => [.. Enumerable.Range(0, count).Select(i => (byte)i)];
}
