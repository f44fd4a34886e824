using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class VocabularyTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_character_without_a_token_becomes_its_bytes()
    {
        ITokenizer tokenizer = Make(["<unk>", "<s>", "</s>", "▁", "a", "▁a", "<0xC3>", "<0xA9>"], types: [2, 3, 3, 1, 1, 1, 6, 6]);
        Assert.Equal([5, 6, 7], tokenizer.Encode("aé", addSpecial: false));
        Assert.Equal(" aé", tokenizer.Decode([5, 6, 7]));
    }

    [Fact]
    public void A_character_without_token_and_bytes_is_refused()
    {
        ITokenizer tokenizer = Make(["<unk>", "<s>", "</s>", "▁", "a"]);
        var refusal = Assert.Throws<UnsupportedRequestException>(() => tokenizer.Encode("é"));
        Assert.Contains("neither the character 'é' (U+00E9) nor its byte 0xC3", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void The_pair_with_the_highest_score_is_joined_first()
    {
        string[] tokens = ["<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc"];
        Assert.Equal([6, 5], Make(tokens, scores: [0, 0, 0, 0, 0, 0, -1, -2], prefix: false).Encode("abc", addSpecial: false));
        Assert.Equal([3, 7], Make(tokens, scores: [0, 0, 0, 0, 0, 0, -2, -1], prefix: false).Encode("abc", addSpecial: false));
        // Of equals the left one.
        Assert.Equal([6, 5], Make(tokens, prefix: false).Encode("abc", addSpecial: false));
    }

    [Fact]
    public void Scores_may_be_negative_integers()
    {
        ITokenizer tokenizer = Make(["<unk>", "<s>", "</s>", "a", "b", "c", "ab", "bc"], prefix: false, metadata: writer =>
            writer.SetMetadata("tokenizer.ggml.scores", (int[])[0, 0, 0, 0, 0, 0, -20, -10]));
        Assert.Equal([3, 7], tokenizer.Encode("abc", addSpecial: false));
    }

    [Fact]
    public void User_defined_tokens_are_found_before_anything_is_joined()
    {
        ITokenizer tokenizer = Make(["<unk>", "<s>", "</s>", "a", "b", "ab", "b<x>", "<x>"], types: [2, 3, 3, 1, 1, 1, 1, 4], prefix: false);
        Assert.Equal([5, 7, 3], tokenizer.Encode("ab<x>a", addSpecial: false));
    }

    [Fact]
    public void Metadata_decides_which_special_tokens_are_added()
    {
        string[] tokens = ["<unk>", "<s>", "</s>", "a"];
        ITokenizer tokenizer = Make(tokens, prefix: false, metadata: writer =>
        {
            writer.SetMetadata("tokenizer.ggml.add_bos_token", false);
            writer.SetMetadata("tokenizer.ggml.add_eos_token", true);
            writer.SetMetadata("tokenizer.ggml.eos_token_id", 0u);
        });
        Assert.Equal([3, 0], tokenizer.Encode("a"));
        Assert.Equal(0, tokenizer.EndOfSequence);
        Assert.True(tokenizer.IsEndOfGeneration(0));
    }

    [Fact]
    public void Tokens_known_by_their_text_end_a_generation()
    {
        ITokenizer tokenizer = Make(["<unk>", "<s>", "</s>", "<|eot_id|>", "<|im_end|>", "<|fim_pad|>", "<|fim_middle|>", "a"]);
        Assert.Equal([2, 3, 4, 5], Enumerable.Range(0, 8).Where(tokenizer.IsEndOfGeneration));
        Assert.True(tokenizer.GetBytes(3).IsEmpty); // and count as control tokens, whatever the file says
    }

    [Fact]
    public void A_token_that_is_a_piece_of_a_character_keeps_its_bytes()
    {
        string path = _folder.File($"{Guid.NewGuid()}.gguf");
        var writer = new GgufWriter();
        writer.SetMetadata("tokenizer.ggml.model", "llama");
        writer.SetMetadata("tokenizer.ggml.tokens", GgufValue.FromStrings(GgufStrings.From((IReadOnlyList<byte[]>)[[0xC3], [0xA9], "a"u8.ToArray()])));
        writer.Write(path);
        using GgufFile file = GgufFile.Open(path);
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        Assert.Equal("éa", tokenizer.Decode([0, 1, 2]));
        Assert.Equal("\uFFFDa", tokenizer.Decode([0, 2]));
    }

    [Fact]
    public void A_file_without_a_vocabulary_has_ids_only()
    {
        ITokenizer tokenizer = FromMetadata(writer =>
        {
            writer.SetMetadata("tokenizer.ggml.model", "none");
            writer.SetMetadata("llama.vocab_size", 40u);
        });
        Assert.Equal(40, tokenizer.VocabularySize);
        Assert.False(tokenizer.IsEndOfGeneration(2));
        Assert.Throws<UnsupportedRequestException>(() => tokenizer.Encode("a"));
        Assert.Throws<UnsupportedRequestException>(() => tokenizer.GetBytes(0));
    }

    [Fact]
    public void Bytes_of_byte_level_tokens_are_those_their_characters_stand_for()
    {
        ITokenizer tokenizer = FromMetadata(writer =>
        {
            writer.SetMetadata("tokenizer.ggml.model", "gpt2");
            writer.SetMetadata("tokenizer.ggml.tokens", ["Ġthe", "Ã", "©", "<|endoftext|>"]);
            writer.SetMetadata("tokenizer.ggml.merges", []);
            writer.SetMetadata("tokenizer.ggml.token_type", (int[])[1, 1, 1, 3]);
        });
        Assert.Equal(" theé", tokenizer.Decode([0, 1, 2, 3]));
        Assert.True(tokenizer.IsEndOfGeneration(3));
    }

    [Fact]
    public void A_vocabulary_of_an_unknown_kind_refuses_text()
    {
        ITokenizer tokenizer = FromMetadata(writer =>
        {
            writer.SetMetadata("tokenizer.ggml.model", "rwkv");
            writer.SetMetadata("tokenizer.ggml.tokens", ["a", "b"]);
        });
        Assert.Equal(2, tokenizer.VocabularySize);
        Assert.Contains("'rwkv'", Assert.Throws<UnsupportedRequestException>(() => tokenizer.Encode("a")).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ggml-vocab-llama-bpe.gguf", 128256, 128009)]
    [InlineData("ggml-vocab-gpt-2.gguf", 50257, 50256)]
    [InlineData("ggml-vocab-bert-bge.gguf", 30522, null)]
    public void Real_vocabularies_of_other_kinds_load(string name, int size, int? end)
    {
        using GgufFile file = GgufFile.Open(TestData.Vocabulary(name));
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        Assert.Equal(size, tokenizer.VocabularySize);
        Assert.True(end is null || tokenizer.IsEndOfGeneration(end.Value));
        Assert.NotEqual("", tokenizer.Decode(Enumerable.Range(0, size)));
    }

    [Fact]
    public void Fewer_scores_than_tokens_are_refused()
    {
        var refusal = Assert.Throws<ModelFileException>(() => Make(["a", "b", "c"], scores: [0, 0]));
        Assert.Contains("expected 3 values in 'tokenizer.ggml.scores', one per token, found 2", refusal.Message, StringComparison.Ordinal);
    }

    private ITokenizer Make(string[] tokens, float[]? scores = null, int[]? types = null, bool prefix = true, Action<GgufWriter>? metadata = null) => FromMetadata(writer =>
    {
        writer.SetMetadata("tokenizer.ggml.model", "llama");
        writer.SetMetadata("tokenizer.ggml.tokens", tokens);
        writer.SetMetadata("tokenizer.ggml.add_space_prefix", prefix);
        if (scores is not null)
        {
            writer.SetMetadata("tokenizer.ggml.scores", scores);
        }
        if (types is not null)
        {
            writer.SetMetadata("tokenizer.ggml.token_type", types);
        }
        metadata?.Invoke(writer);
    });

    private ITokenizer FromMetadata(Action<GgufWriter> metadata)
    {
        string path = _folder.File($"{Guid.NewGuid()}.gguf");
        var writer = new GgufWriter();
        metadata(writer);
        writer.Write(path);
        using GgufFile file = GgufFile.Open(path);
        return FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
    }
}
