using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>Real vocabularies of every kind (<c>tests/Data/vocab</c>), judged by llama.cpp itself and by its own test data.</summary>
public sealed class SharedVocabularyTests
{
    private const int Texts = 2_000; // ENGINE_TOKENIZER_TEXTS=20000 for more

    public static TheoryData<string> Names => ["bert-bge", "falcon", "gpt-2", "llama-bpe", "llama-spm", "nomic-bert-moe", "starcoder"];

    public static TheoryData<string> NamesWithTexts => ["bert-bge", "falcon", "gpt-2", "llama-bpe", "llama-spm", "starcoder"];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Generated_texts_give_the_ids_of_llama_cpp(string name)
    {
        int count = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_TOKENIZER_TEXTS"), out int asked) ? asked : Texts;
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(FileOf(name));
        pair.SplitAlike(new GeneratedTexts(seed: 11, pair.Specials()).Take(count));
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Every_token_has_the_bytes_and_the_end_that_llama_cpp_gives_it(string name)
    {
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(FileOf(name));
        Assert.Equal(pair.Native.VocabularySize, pair.Managed.VocabularySize);
        Assert.Equal(pair.Native.BeginningOfSequence, pair.Managed.BeginningOfSequence);
        Assert.Equal(pair.Native.EndOfSequence, pair.Managed.EndOfSequence);
        for (int token = 0; token < pair.Native.VocabularySize; token++)
        {
            Assert.True(pair.Native.GetBytes(token).Span.SequenceEqual(pair.Managed.GetBytes(token).Span), $"bytes of {token}");
            Assert.True(pair.Native.IsEndOfGeneration(token) == pair.Managed.IsEndOfGeneration(token), $"end at {token}");
        }
    }

    [Theory]
    [MemberData(nameof(NamesWithTexts))]
    public void The_ids_of_llama_cpps_test_texts_are_the_expected_ones(string name)
    {
        using GgufFile file = GgufFile.Open(FileOf(name));
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        string[] texts = File.ReadAllText(FileOf(name) + ".inp").Split("\n__ggml_vocab_test__\n")[..^1];
        string[] expected = File.ReadAllLines(FileOf(name) + ".out");
        Assert.True(texts.Length > 40 && texts.Length == expected.Length);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal(expected[i].Trim(), string.Join(' ', tokenizer.Encode(texts[i], addSpecial: false)));
        }
    }

    [Theory]
    [InlineData("gpt-2")]
    [InlineData("llama-bpe")] // falcon and starcoder lack some bytes
    public void Byte_level_text_comes_back_from_its_ids(string name)
    {
        using GgufFile file = GgufFile.Open(FileOf(name));
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        foreach (string text in new GeneratedTexts(seed: 12).Take(300))
        {
            string wellFormed = System.Text.Encoding.UTF8.GetString(System.Text.Encoding.UTF8.GetBytes(text));
            Assert.Equal(wellFormed, tokenizer.Decode(tokenizer.Encode(text, addSpecial: false)));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Many_threads_get_the_ids_that_one_gets(string name)
    {
        using GgufFile file = GgufFile.Open(FileOf(name));
        ITokenizer tokenizer = FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
        string[] texts = [.. new GeneratedTexts(seed: 13).Take(100)];
        IReadOnlyList<int>[] alone = [.. texts.Select(text => tokenizer.Encode(text))];
        Parallel.For(0, 400, i => Assert.Equal(alone[i % texts.Length], tokenizer.Encode(texts[i % texts.Length])));
    }

    private static string FileOf(string name) => TestData.Vocabulary($"ggml-vocab-{name}.gguf");
}
