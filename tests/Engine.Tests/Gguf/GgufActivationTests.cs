using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class GgufActivationTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama", "blk.0.ffn_gate.weight", "silu")]
    [InlineData("gpt2", "blk.0.ffn_up.weight", "gelu")]
    [InlineData("bert", "blk.0.ffn_up.weight", "gelu")]
    [InlineData("t5", "enc.blk.0.ffn_up.weight", "relu")]
    [InlineData("t5", "enc.blk.0.ffn_gate.weight", "gelu")]
    [InlineData("t5", "dec.blk.3.ffn_gate.weight", "gelu")] // llama.cpp asks each layer for its gate
    [InlineData("mamba", "blk.0.ssm_in.weight", null)]
    public void The_activation_is_that_of_the_architecture_and_its_gates(string architecture, string tensor, string? activation)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", architecture);
        writer.AddTensor(tensor, [1], GgmlType.F32, new byte[4]);
        writer.Write(_folder.File("model.gguf"));
        using GgufFile file = GgufFile.Open(_folder.File("model.gguf"));
        Assert.Equal(activation, GgufActivation.Of(file));
    }
}
