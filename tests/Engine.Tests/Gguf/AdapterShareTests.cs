using System.Runtime.InteropServices;
using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class AdapterShareTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(GgmlType.F32)]
    [InlineData(GgmlType.F16)]
    [InlineData(GgmlType.BF16)]
    public void The_share_is_the_norm_of_the_product_by_the_norm_of_the_weight(GgmlType type)
    {
        // B·A has a 2 and a 3 and else zeros; the weight sixteen halves, norm 2.
        string model = Write("model.gguf", false, ("blk.0.attn_q.weight", [4, 4], type, Enumerable.Repeat(0.5f, 16)));
        string adapter = Write("adapter.gguf", true,
            ("blk.0.attn_q.weight.lora_a", [4, 2], type, [2, 0, 0, 0, 0, 1, 0, 0]),
            ("blk.0.attn_q.weight.lora_b", [2, 4], type, [1, 0, 0, 3, 0, 0, 0, 0]));
        Assert.Equal(Math.Sqrt(13) / 2, Share(adapter, model, 1)!.Value, 12);
        Assert.Equal(Math.Sqrt(13), Share(adapter, model, -2)!.Value, 12);
        Assert.Equal(0, Share(adapter, model, 0)!.Value);
    }

    [Fact]
    public void The_factors_of_a_table_whose_rows_are_looked_up_are_transposed()
    {
        // Rows B·A[t]: (1, 0), (2, 2), (0, 0), norm 3; the weight six halves.
        string model = Write("model.gguf", false,
            ("token_embd.weight", [2, 3], GgmlType.F32, Enumerable.Repeat(0.5f, 6)), ("output.weight", [2, 3], GgmlType.F32, new float[6]));
        string adapter = Write("adapter.gguf", true,
            ("token_embd.weight.lora_a", [2, 3], GgmlType.F32, [1, 0, 0, 2, 0, 0]), ("token_embd.weight.lora_b", [2, 2], GgmlType.F32, [1, 1, 0, 1]));
        Assert.Equal(3 / Math.Sqrt(1.5), Share(adapter, model, 1)!.Value, 12);
    }

    [Fact]
    public void Quantized_weights_have_none()
    {
        string model = Write("model.gguf", false, ("blk.0.attn_q.weight", [32, 1], GgmlType.Q8_0, new float[32]));
        string adapter = Write("adapter.gguf", true,
            ("blk.0.attn_q.weight.lora_a", [32, 1], GgmlType.F32, new float[32]), ("blk.0.attn_q.weight.lora_b", [1, 1], GgmlType.F32, [1]));
        Assert.Null(Share(adapter, model, 1));
    }

    private static double? Share(string adapter, string model, float scale)
    {
        using GgufFile weights = GgufFile.Open(model);
        using GgufAdapter factors = GgufAdapter.Open(adapter, weights);
        return factors.ToCard(new AdapterOptions { Path = adapter, Scale = scale }).Share;
    }

    private string Write(string name, bool isAdapter, params (string Name, long[] Shape, GgmlType Type, IEnumerable<float> Values)[] tensors)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "llama");
        if (isAdapter)
        {
            writer.SetMetadata("general.type", "adapter");
            writer.SetMetadata("adapter.type", "lora");
        }
        foreach ((string tensor, long[] shape, GgmlType type, IEnumerable<float> values) in tensors)
        {
            writer.AddTensor(tensor, shape, type, Bytes(type, [.. values]));
        }
        writer.Write(_folder.File(name));
        return _folder.File(name);
    }

    private static byte[] Bytes(GgmlType type, float[] values) => type switch
    {
        GgmlType.F32 => MemoryMarshal.AsBytes(values.AsSpan()).ToArray(),
        GgmlType.F16 => [.. values.SelectMany(value => BitConverter.GetBytes((Half)value))],
        GgmlType.BF16 => [.. values.SelectMany(value => BitConverter.GetBytes((ushort)(BitConverter.SingleToUInt32Bits(value) >> 16)))],
        _ => new byte[34], // a block of zeros
    };
}
