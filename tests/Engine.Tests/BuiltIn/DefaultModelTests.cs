using System.Security.Cryptography;
using Engine.BuiltIn;
using Engine.Gguf;

namespace Engine.Tests.BuiltIn;

public sealed class DefaultModelTests
{
    private static string Card => File.ReadAllText(Path.Combine(SharedFolder.Checkout, "models", "llama-stories.md"));

    [Fact]
    public void It_is_beside_the_program_in_both_precisions()
    {
        Assert.InRange(new FileInfo(DefaultModel.Find()).Length, 100_000, 1_000_000);
        Assert.InRange(new FileInfo(DefaultModel.FindF32()).Length, 1_000_000, 3_000_000);
    }

    [Theory]
    [InlineData("llama-stories-q8_0.gguf")]
    [InlineData("llama-stories-f32.gguf")]
    public void Its_card_describes_this_file(string name) =>
        Assert.Contains(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(DefaultModel.Find(name)))), Card, StringComparison.Ordinal);

    [Fact]
    public void It_is_harmless_and_what_it_says_it_is()
    {
        using GgufFile file = GgufFile.Open(DefaultModel.Find());

        GgufPreflight.Check(file);
        Assert.Equal("llama", file.Metadata.GetString("general.architecture"));
        Assert.True(file.Metadata.GetUInt32("llama.attention.head_count") > file.Metadata.GetUInt32("llama.attention.head_count_kv"));
        Assert.Contains("Ġupon", file.Metadata.RequireStrings("tokenizer.ggml.tokens"));
        Assert.Equal(GgmlType.Q8_0, file.FindTensor("blk.0.ffn_down.weight")!.Type);
    }

    [Fact]
    public void A_program_without_the_default_model_says_what_is_missing_and_what_to_do()
    {
        var refusal = Assert.Throws<ModelFileException>(() => DefaultModel.Find("no-such.gguf"));

        Assert.Contains(Path.Combine("models", "no-such.gguf"), refusal.Message, StringComparison.Ordinal);
        Assert.Contains("--model PATH", refusal.Message, StringComparison.Ordinal);
    }
}
