using Engine.Gguf;
using static Tests.Shared.TinyModel;

namespace Engine.Tests.Gguf.Preflight;

public sealed class VocabularyFactsTests : IDisposable
{
    private static readonly string[] Bytes = [.. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>")];
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private static readonly Dictionary<string, (Func<TinyModel> Model, string Sentence)> Deadly = new()
    {
        ["a token twice"] = (() => Llama().Vocabulary("llama", ["<unk>", "a", "b", "a", .. Bytes]), "expected each token once, found 'a' again as token 3"),
        ["a token of llama.cpp's name for an empty one"] = (() => Llama().Vocabulary("llama", ["<unk>", "[EMPTY_2]", "", .. Bytes]), "found '' again as token 2"),
        ["a token twice up to a NUL"] = (() => Llama().Vocabulary("llama", ["<unk>", "a", "a\0b", .. Bytes]), "expected each token once"),
        ["scores of one byte"] = (() => Llama().Set("tokenizer.ggml.scores", GgufValue.FromArray(new sbyte[300])), "expected an array of Float32 or Int32, found one of Int8"),
        ["kinds of one byte"] = (() => Llama().Set("tokenizer.ggml.token_type", GgufValue.FromArray(new byte[300])), "expected an array of Int32 or UInt32, found one of UInt8"),
        ["one score for all"] = (() => Llama().Set("tokenizer.ggml.scores", 1f), "expected an array of Float32 or Int32, found a value of type Float32"),
        ["WordPiece without [CLS]"] = (() => Bert().Drop("tokenizer.ggml.bos_token_id"), "'tokenizer.ggml.bos_token_id' of 'model.gguf': expected a token from 0 to 7, found nothing"),
        ["WordPiece with [CLS] beyond the vocabulary"] = (() => Bert().Set("tokenizer.ggml.bos_token_id", 8u), "expected a token from 0 to 7, found 8"),
        ["WordPiece without [SEP]"] = (() => Bert().Drop("tokenizer.ggml.seperator_token_id"), "'tokenizer.ggml.seperator_token_id'"),
        ["WordPiece without [UNK]"] = (() => Bert().Drop("tokenizer.ggml.unknown_token_id"), "'tokenizer.ggml.unknown_token_id'"),
        ["WordPiece with byte tokens"] = (() => Bert().Set("tokenizer.ggml.token_type", GgufValue.FromArray(new[] { 3, 3, 3, 3, 6, 1, 1, 1 })), "expected no byte tokens in a WordPiece vocabulary"),
        ["Unigram without <unk>"] = (() => T5().Vocabulary("t5", ["a", "b"]), "'tokenizer.ggml.unknown_token_id'"),
        ["Unigram that adds no </s>"] = (() => T5().Vocabulary("t5", ["a"]).Set("tokenizer.ggml.unknown_token_id", 0u), "'tokenizer.ggml.eos_token_id'"),
        ["Unigram that adds a BOS it has not"] = (() => T5().Set("tokenizer.ggml.add_bos_token", true), "'tokenizer.ggml.bos_token_id'"),
        ["Byte-level BPE that adds a BOS it has not"] = (() => Gpt2().Vocabulary("gpt2", ["a", "b"]).Set("tokenizer.ggml.pre", "llama-bpe"), "'tokenizer.ggml.bos_token_id'"),
        ["a LLaMA named after Phi-3"] = (() => Llama().Set("general.name", "my-Phi3-story"), "'general.name' of 'model.gguf': expected a name without 'phi3', because the vocabulary has no "),
        ["RWKV without a byte"] = (() => Llama().Vocabulary("rwkv", ["a", "b", "\\x00"]), "expected a token for every byte, found none for '\\x01'"),
        ["Gemma without BOS"] = (() => Llama().Set("tokenizer.ggml.model", "gemma4"), "'tokenizer.ggml.bos_token_id'"),
        ["a character map that leads out of itself"] = (() => T5().Set("tokenizer.ggml.precompiled_charsmap", Map([1 << 10, 0, 0], [0])), "expected a trie whose paths stay inside it"),
        ["a character map whose text has no end"] = (() => T5().Set("tokenizer.ggml.precompiled_charsmap", Map(OneRewriting(value: 2), [(byte)'x', 0, (byte)'y'])), "expected a trie whose paths stay inside it"),
    };

    public static TheoryData<string> DeadlyNames => [.. Deadly.Keys];

    [Theory]
    [MemberData(nameof(DeadlyNames))]
    public void A_vocabulary_that_would_end_the_process_is_refused(string name)
    {
        (Func<TinyModel> model, string message) = Deadly[name];
        using GgufFile file = model().Write(_folder.File("model.gguf"));

        Assert.Contains(message, Assert.Throws<ModelFileException>(() => GgufPreflight.Check(file)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Bytes_may_be_tokens_themselves()
    {
        byte[][] tokens = [[.. "<0x00>"u8], .. Enumerable.Range(1, 255).Select(value => new[] { (byte)value })];
        using GgufFile file = Llama().Set("tokenizer.ggml.tokens", GgufValue.FromStrings(GgufStrings.From(tokens))).Write(_folder.File("model.gguf"));

        GgufPreflight.Check(file);
    }

    [Fact]
    public void Escaped_bytes_of_RWKV_pass()
    {
        string[] tokens = ["<s>", .. Enumerable.Range(0, 256).Select(value => value is > 32 and < 127 and not '\\' ? $"{(char)value}" : $"\\x{value:x2}")];
        using GgufFile file = Llama().Vocabulary("rwkv", tokens).Write(_folder.File("model.gguf"));

        GgufPreflight.Check(file);
    }

    [Fact]
    public void A_character_map_whose_paths_end_passes()
    {
        using GgufFile file = T5().Set("tokenizer.ggml.precompiled_charsmap", Map(OneRewriting(value: 0), [(byte)'x', 0])).Write(_folder.File("model.gguf"));

        GgufPreflight.Check(file);
    }

    /// <summary>A trie that rewrites "A" (0x41) alone: the root's children start at unit 0, A's at unit 256.</summary>
    private static uint[] OneRewriting(uint value)
    {
        var trie = new uint[1024];
        trie[0x41] = 0x41 | 1 << 8 | (256 ^ 0x41) << 10;
        trie[256] = 1u << 31 | value;
        return trie;
    }

    private static GgufValue Map(uint[] trie, byte[] replacements) =>
        GgufValue.FromArray<byte>([.. BitConverter.GetBytes(trie.Length * sizeof(uint)), .. trie.SelectMany(BitConverter.GetBytes), .. replacements]);
}
