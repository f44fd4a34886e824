using Engine.Gguf;
using Engine.Tokenizers;
using Engine.Tokenizers.PreTokenization;

namespace Engine.Tests.Tokenizers.PreTokenization;

/// <summary>Every pre-tokenizer against llama.cpp's, over a vocabulary whose merges reach across any border that is not there.</summary>
public sealed class PreTokenizerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Names => [.. PreTokenizer.Names];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Words_end_where_llama_cpps_words_end(string name)
    {
        string path = _folder.File("words.gguf");
        ByteVocabulary.WriteByteLevel(path, name, seed: 5);
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(path);
        pair.SplitAlike(new GeneratedTexts(seed: 21, pair.Specials()).Take(400));
    }

    [Fact]
    public void The_vocabulary_of_this_test_tells_pre_tokenizers_apart()
    {
        var seen = new Dictionary<string, string>();
        string text = string.Concat(new GeneratedTexts(seed: 22).Take(100));
        foreach (string name in (string[])["default", "gpt-2", "llama-bpe", "qwen2", "qwen35", "deepseek-llm", "deepseek-coder", "deepseek-v3", "falcon", "starcoder", "tekken", "gpt-4o"])
        {
            string path = _folder.File(name + ".gguf");
            ByteVocabulary.WriteByteLevel(path, name, seed: 5);
            using GgufFile file = GgufFile.Open(path);
            string ids = string.Join(' ', FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native).Encode(text, addSpecial: false));
            Assert.True(seen.TryAdd(ids, name), $"{name} splits like {seen.GetValueOrDefault(ids)}");
        }
    }

    [Fact]
    public void An_unknown_pre_tokenizer_is_refused_by_its_name()
    {
        string path = _folder.File("unknown.gguf");
        ByteVocabulary.WriteByteLevel(path, "brand-new", seed: 5);
        using GgufFile file = GgufFile.Open(path);
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        var refusal = Assert.Throws<UnsupportedRequestException>(() => tokenizer.Encode("text"));
        Assert.Contains("found 'brand-new'", refusal.Message, StringComparison.Ordinal);
        Assert.Equal("a", tokenizer.Decode([97]));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Long_runs_take_time_in_proportion(string name)
    {
        string path = _folder.File("long.gguf");
        ByteVocabulary.WriteByteLevel(path, name, seed: 5);
        using GgufFile file = GgufFile.Open(path);
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        foreach (string run in (string[])["a", "A", "1", " ", "\n", " \n", "!", "中", "\u0301", "x1", "É'", "a "])
        {
            double growth = Steady.Growth(16, times => Assert.NotEmpty(tokenizer.Encode(string.Concat(Enumerable.Repeat(run, times * 1_000)), addSpecial: false)));
            Assert.True(growth < 64, $"16 times as many '{run}' take {growth:F0} times as long.");
        }
    }
}
