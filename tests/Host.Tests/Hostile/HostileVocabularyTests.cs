using System.Text;
using Engine.Gguf;

namespace Engine.Host.Tests.Hostile;

/// <summary>Vocabularies that are invalid.</summary>
public sealed class HostileVocabularyTests
{
    private static readonly string[] Tokens = SmallModels.Tokens;

    private static readonly HostileCase[] Cases =
    [
        File("a token twice", Expected.Refused, file => file.Set("tokenizer.ggml.tokens", [.. Tokens[..^1], Tokens[^2]])),
        File("no tokens", Expected.Refused, file => file.Set("tokenizer.ggml.tokens", Array.Empty<string>())),
        File("one token less than embeddings", Expected.Refused, file => file.Set("tokenizer.ggml.tokens", Tokens[..^1])),
        File("one token more than embeddings", Expected.Refused, file => file.Set("tokenizer.ggml.tokens", [.. Tokens, "more"])),
        File("tokens that are numbers", Expected.Refused, file => file.Set("tokenizer.ggml.tokens", new int[Tokens.Length])),
        File("an empty token", Expected.Orderly, file => file.Set("tokenizer.ggml.tokens", [.. Tokens[..^1], ""])),
        File("two empty tokens", Expected.Orderly, file => file.Set("tokenizer.ggml.tokens", [.. Tokens[..^2], "", ""])),
        File("a token of 100,000 letters", Expected.Orderly, file => file.Set("tokenizer.ggml.tokens", [.. Tokens[..^1], new string('x', 100_000)])),
        File("a token that is no UTF-8", Expected.Orderly, file => file.Set("tokenizer.ggml.tokens", GgufValue.FromStrings(
            GgufStrings.From((byte[][])[.. Tokens[..^1].Select(Encoding.UTF8.GetBytes), [0xFF, 0xFE]])))),
        File("no byte tokens for a letter nobody has", Expected.Orderly, file => file
            .Set("tokenizer.ggml.tokens", [.. Tokens[..3], .. Enumerable.Range(0, 256).Select(i => $"w{i}"), .. Tokens[259..]])
            .Set("tokenizer.ggml.token_type", [.. Enumerable.Repeat(1, Tokens.Length)])),
        File("too few scores", Expected.Refused, file => file.Set("tokenizer.ggml.scores", new float[3])),
        File("scores that are no numbers", Expected.Orderly, file => file.Set("tokenizer.ggml.scores", [.. Enumerable.Repeat(float.NaN, Tokens.Length)])),
        File("too few token types", Expected.Refused, file => file.Set("tokenizer.ggml.token_type", new int[3])),
        File("token types nobody knows", Expected.Orderly, file => file.Set("tokenizer.ggml.token_type", [.. Enumerable.Repeat(99, Tokens.Length)])),
        File("no token types", Expected.Orderly, file => file.Drop("tokenizer.ggml.token_type")),
        File("no scores", Expected.Orderly, file => file.Drop("tokenizer.ggml.scores")),
        File("a BOS beyond the vocabulary", Expected.Orderly, file => file.Set("tokenizer.ggml.bos_token_id", 100_000u)),
        File("an EOS of -1", Expected.Orderly, file => file.Set("tokenizer.ggml.eos_token_id", uint.MaxValue)),
        File("a BOS as text", Expected.Refused, file => file.Set("tokenizer.ggml.bos_token_id", "1")),
        File("a tokenizer nobody knows", Expected.Refused, file => file.Set("tokenizer.ggml.model", "nonsense")),
        File("a WordPiece vocabulary without its ids", Expected.Refused, file => file.Set("tokenizer.ggml.model", "bert")),
        File("a byte-level vocabulary without merges", Expected.Refused, file => file.Set("tokenizer.ggml.model", "gpt2")),
        File("a byte-level vocabulary whose merges are no pairs", Expected.Orderly, file => file
            .Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "gpt-2").Set("tokenizer.ggml.merges", "abc", "", " ")),
        File("a byte-level vocabulary split in a way nobody knows", Expected.Refused, file => file
            .Set("tokenizer.ggml.model", "gpt2").Set("tokenizer.ggml.pre", "nonsense").Set("tokenizer.ggml.merges", "H e")),
        File("no vocabulary, and a text", Expected.Refused, file => NoVocabulary(file)),
        HostileCase.FileWithTokens("no vocabulary, and token ids", Expected.Harmless, () => NoVocabulary(SmallModels.Llama()).ToBytes()),
        HostileCase.FileWithTokens("no vocabulary and no size of it", Expected.Orderly, () => NoVocabulary(SmallModels.Llama()).Drop("llama.vocab_size").ToBytes()),
        File("a size of the vocabulary that is not its size", Expected.Orderly, file => file.Set("llama.vocab_size", 7u)),
    ];

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public Task An_invalid_vocabulary_does_not_end_the_process(string backend) => HostileCorpus.CheckAsync(Cases, backend);

    [Fact]
    public Task They_are_inspected_in_an_orderly_way() => HostileCorpus.CheckInspectionAsync(Cases);

    private static ModelFile NoVocabulary(ModelFile file)
    {
        foreach (string key in new[] { "tokens", "scores", "token_type", "bos_token_id", "eos_token_id", "unknown_token_id" })
        {
            file.Drop($"tokenizer.ggml.{key}");
        }
        return file.Set("tokenizer.ggml.model", "no_vocab").Set("llama.vocab_size", (uint)SmallModels.Vocabulary);
    }

    private static HostileCase File(string name, Expected expected, Func<ModelFile, ModelFile> spoil) =>
        HostileCase.File(name, expected, () => spoil(SmallModels.Llama()).ToBytes());
}
