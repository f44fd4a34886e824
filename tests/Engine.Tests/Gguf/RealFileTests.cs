using Engine.Gguf;

namespace Engine.Tests.Gguf;

public sealed class RealFileTests
{
    [Fact]
    public void The_trained_f32_model_reads_as_its_makers_describe_it()
    {
        using GgufFile file = GgufFile.Open(TestData.Model("aidreams260K-f32.gguf"));

        Assert.Equal("llama", file.Metadata.RequireString("general.architecture"));
        Assert.Equal(64u, file.Metadata.GetUInt32("llama.embedding_length"));
        Assert.Equal(172u, file.Metadata.GetUInt32("llama.feed_forward_length"));
        Assert.Equal(4u, file.Metadata.GetUInt32("llama.block_count"));
        Assert.Equal(128u, file.Metadata.GetUInt32("llama.context_length"));
        Assert.Equal(512, file.Metadata.RequireStrings("tokenizer.ggml.tokens").Count);
        Assert.Equal([64, 512], file.FindTensor("token_embd.weight")!.Shape);
        Assert.Equal([172, 64], file.FindTensor("blk.3.ffn_down.weight")!.Shape);
        Assert.Equal(937_632, file.FileBytes);
    }

    [Theory]
    [InlineData("bert-bge", "bert", 30_522)]
    [InlineData("falcon", "falcon", 65_024)]
    [InlineData("gpt-2", "gpt2", 50_257)]
    [InlineData("llama-bpe", "llama", 128_256)]
    [InlineData("llama-spm", "llama", 32_000)]
    [InlineData("nomic-bert-moe", "nomic-bert-moe", 250_048)]
    [InlineData("starcoder", "starcoder2", 49_152)]
    public void Real_vocabularies_are_read_and_are_harmless(string name, string architecture, int tokens)
    {
        using GgufFile file = GgufFile.Open(TestData.Vocabulary($"ggml-vocab-{name}.gguf"));

        Assert.Equal(architecture, file.Metadata.RequireString("general.architecture"));
        Assert.Equal(tokens, file.Metadata.RequireStrings("tokenizer.ggml.tokens").Count);
        GgufPreflight.Check(file);
    }

    [Theory]
    [InlineData("aidreams260K-f32.gguf")]
    [InlineData("aidreams260K-q8_0.gguf")]
    public void Real_weights_are_harmless(string name)
    {
        using GgufFile file = GgufFile.Open(TestData.Model(name));

        GgufPreflight.Check(file);
    }
}
