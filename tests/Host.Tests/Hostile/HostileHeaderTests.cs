using System.Buffers.Binary;
using System.Text;

namespace Engine.Host.Tests.Hostile;

/// <summary>Files whose structure is broken.</summary>
public sealed class HostileHeaderTests
{
    // Layout: magic 0, version 4, tensor count 8, metadata count 16, metadata from 24 on.
    private const int Version = 4, TensorCount = 8, MetadataCount = 16, FirstKeyLength = 24;

    private static readonly byte[] Sound = SmallModels.Llama().ToBytes();

    private static readonly HostileCase[] Cases =
    [
        HostileCase.File("the sound file", Expected.Harmless, () => Sound),
        HostileCase.File("an empty file", Expected.Refused, () => []),
        HostileCase.File("one byte", Expected.Refused, () => [71]),
        HostileCase.File("the magic alone", Expected.Refused, () => Sound[..4]),
        HostileCase.File("random bytes", Expected.Refused, () => Noise(4096)),
        HostileCase.File("random bytes after the magic", Expected.Refused, () => [.. "GGUF"u8, .. Noise(4096)]),
        HostileCase.File("an older magic", Expected.Refused, () => Patch(0, [.. "GGJT"u8])),
        HostileCase.File("a text file", Expected.Refused, () => [.. "Once upon a time there was a model.\n"u8]),
        HostileCase.File("version 0", Expected.Refused, () => Patch(Version, Int32(0))),
        HostileCase.File("version 1", Expected.Refused, () => Patch(Version, Int32(1))),
        HostileCase.File("version 99", Expected.Refused, () => Patch(Version, Int32(99))),
        HostileCase.File("another byte order", Expected.Refused, () => Patch(Version, [0, 0, 0, 3])),
        HostileCase.File("a negative tensor count", Expected.Refused, () => Patch(TensorCount, Int64(-1))),
        HostileCase.File("more tensors than bytes", Expected.Refused, () => Patch(TensorCount, Int64(1L << 60))),
        HostileCase.File("one tensor more than there is", Expected.Refused, () => Patch(TensorCount, Int64(SmallTensors + 1))),
        HostileCase.File("one tensor less than there is", Expected.Refused, () => Patch(TensorCount, Int64(SmallTensors - 1))),
        HostileCase.File("a negative metadata count", Expected.Refused, () => Patch(MetadataCount, Int64(-1))),
        HostileCase.File("more metadata than bytes", Expected.Refused, () => Patch(MetadataCount, Int64(1L << 60))),
        HostileCase.File("a key longer than the file", Expected.Refused, () => Patch(FirstKeyLength, Int64(1L << 32))),
        HostileCase.File("a key of negative length", Expected.Refused, () => Patch(FirstKeyLength, Int64(-5))),
        HostileCase.File("an empty key", Expected.Refused, () => Patch(FirstKeyLength, Int64(0))),
        HostileCase.File("an unknown value type", Expected.Refused, () => Patch(TypeOf("llama.block_count"), Int32(77))),
        HostileCase.File("an array of arrays", Expected.Refused, () => Patch(TypeOf("tokenizer.ggml.scores") + 4, Int32(9))),
        HostileCase.File("an array longer than the file", Expected.Refused, () => Patch(TypeOf("tokenizer.ggml.scores") + 8, Int64(1L << 61))),
        HostileCase.File("a string longer than the file", Expected.Refused, () => Patch(TypeOf("tokenizer.ggml.model") + 4, Int64(1L << 40))),
        HostileCase.File("a key twice", Expected.Refused, () => Renamed("llama.block_counX", 2, "llama.block_count")),
        HostileCase.File("a tensor name twice", Expected.Refused, () => Patch(Find("blk.1.attn_q.weight"), [.. "blk.0.attn_q.weight"u8])),
        HostileCase.File("no dimensions", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight"), Int32(0))),
        HostileCase.File("five dimensions", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight"), Int32(5))),
        HostileCase.File("a billion dimensions", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight"), Int32(1_000_000_000))),
        HostileCase.File("a dimension of 0", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 4, Int64(0))),
        HostileCase.File("a negative dimension", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 4, Int64(-32))),
        HostileCase.File("dimensions whose product overflows", Expected.Refused, () =>
            Patch(DimensionsOf("token_embd.weight") + 4, [.. Int64(1L << 40), .. Int64(1L << 40)])),
        HostileCase.File("an unknown tensor type", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 12, Int32(200))),
        HostileCase.File("a removed tensor type", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 12, Int32(4))),
        HostileCase.File("blocks that do not fit the row", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 12, Int32(12))),
        HostileCase.File("an offset that is not aligned", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 16, Int64(1))),
        HostileCase.File("an offset beyond the end", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 16, Int64(1L << 40))),
        HostileCase.File("a negative offset", Expected.Refused, () => Patch(DimensionsOf("output_norm.weight") + 16, Int64(-32))),
        HostileCase.File("the end inside the first key", Expected.Refused, () => Sound[..30]),
        HostileCase.File("the end inside the metadata", Expected.Refused, () => Sound[..Find("tokenizer.ggml.scores")]),
        HostileCase.File("the end inside the tensor list", Expected.Refused, () => Sound[..Find("blk.1.attn_q.weight")]),
        HostileCase.File("half the weights", Expected.Refused, () => Sound[..(Sound.Length * 3 / 4)]),
        HostileCase.File("all but the last weight", Expected.Refused, () => Sound[..^64]),
        HostileCase.File("bytes after the end", Expected.Harmless, () => [.. Sound, .. Noise(100)]),
        HostileCase.File("an alignment of 0", Expected.Refused, () => Renamed("general.alignmenX", 0, "general.alignment")),
        HostileCase.File("an alignment of 24", Expected.Refused, () => Renamed("general.alignmenX", 24, "general.alignment")),
    ];

    private const int SmallTensors = 20;

    // The reader stands before both backends: one is enough.
    [Fact]
    public Task A_broken_structure_is_refused_with_a_message() => HostileCorpus.CheckAsync(Cases, "llama.cpp");

    [Fact]
    public Task A_broken_structure_is_inspected_in_an_orderly_way() => HostileCorpus.CheckInspectionAsync(Cases);

    private static byte[] Noise(int length)
    {
        byte[] bytes = new byte[length];
        new Random(3).NextBytes(bytes);
        return bytes;
    }

    private static byte[] Int32(int value)
    {
        byte[] bytes = new byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Int64(long value)
    {
        byte[] bytes = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(bytes, value);
        return bytes;
    }

    private static byte[] Patch(int offset, byte[] patch)
    {
        byte[] bytes = [.. Sound];
        patch.CopyTo(bytes, offset);
        return bytes;
    }

    /// <summary>The sound file with one number more, under a name that the writer would not write.</summary>
    private static byte[] Renamed(string written, uint value, string name)
    {
        byte[] bytes = SmallModels.Llama().Set(written, value).ToBytes();
        Encoding.UTF8.GetBytes(name).CopyTo(bytes, bytes.AsSpan().IndexOf(Encoding.UTF8.GetBytes(written)));
        return bytes;
    }

    private static int Find(string name) => Sound.AsSpan().IndexOf(Encoding.UTF8.GetBytes(name));

    /// <summary>After a metadata key stands its value's type.</summary>
    private static int TypeOf(string key) => Find(key) + key.Length;

    /// <summary>After a tensor's name stand the number of dimensions, the dimensions, the type and the offset.</summary>
    private static int DimensionsOf(string tensor) => Find(tensor) + tensor.Length;
}
