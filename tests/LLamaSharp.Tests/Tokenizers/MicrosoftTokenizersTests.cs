using Engine.LLamaSharp.Tokenizers;
using ReferenceModels;

namespace Engine.LLamaSharp.Tests.Tokenizers;

/// <summary>The reference's tokenizers against Microsoft.ML.Tokenizers, by the texts of llama.cpp's own test data.</summary>
public sealed class MicrosoftTokenizersTests
{
    private const string Accents = "without ICU .NET decomposes no letter, so that accents stay and the word is unknown";
    private const string Symbols = "symbols that are neither letters, digits nor punctuation are no part of the library's words and vanish";
    private const string SpacingMarks = "the library ends a word before a spacing mark";
    private const string Ties = "of ways with the same score the library takes another one";

    /// <summary>Vocabularies of every kind.</summary>
    public static TheoryData<string> Names => ["bert-bge", "falcon", "gpt-2", "llama-bpe", "llama-spm", "nomic-bert-moe", "starcoder"];

    /// <summary>Texts that the two split differently, by vocabulary and number, each with the reason.</summary>
    private static readonly Dictionary<(string Vocabulary, int Text), string> Known = new()
    {
        [("bert-bge", 0)] = Symbols,
        [("bert-bge", 1)] = Accents,
        [("bert-bge", 18)] = Symbols,
        [("bert-bge", 21)] = SpacingMarks,
        [("bert-bge", 22)] = Symbols,
        [("bert-bge", 30)] = Symbols,
        [("bert-bge", 32)] = Symbols,
        [("bert-bge", 43)] = Accents,
        [("bert-bge", 45)] = Symbols,
        [("llama-spm", 33)] = Ties,
        [("llama-spm", 45)] = Ties,
        [("nomic-bert-moe", 45)] = Ties,
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void The_reference_splits_as_the_library_does_but_for_what_is_known(string name)
    {
        string path = TestData.Vocabulary($"ggml-vocab-{name}.gguf");
        ITokenizer library = MicrosoftTokenizers.Read(path), reference = ReferenceBackend.ReadTokenizer(path, TokenizerRule.Native);
        string withTexts = name == "nomic-bert-moe" ? TestData.Vocabulary("ggml-vocab-llama-spm.gguf") : path; // it has none of its own
        string[] texts = File.ReadAllText(withTexts + ".inp").Split("\n__ggml_vocab_test__\n")[..^1];
        Assert.True(texts.Length > 40);
        var different = new List<string>();
        for (int i = 0; i < texts.Length; i++)
        {
            IReadOnlyList<int> theirs = library.Encode(texts[i]), ours = reference.Encode(texts[i]);
            if (theirs.SequenceEqual(ours) == Known.ContainsKey((name, i)))
            {
                different.Add($"{i}: {System.Text.Json.JsonSerializer.Serialize(texts[i])}: {string.Join(' ', theirs)} | {string.Join(' ', ours)}");
            }
        }
        Assert.True(different.Count == 0, string.Join('\n', different));
    }

    [Fact]
    public void WordPiece_of_the_library_loses_a_line_end_and_the_words_beside_it_grow_together()
    {
        string path = TestData.Vocabulary("ggml-vocab-bert-bge.gguf");
        ITokenizer library = MicrosoftTokenizers.Read(path), reference = ReferenceBackend.ReadTokenizer(path, TokenizerRule.Native);
        Assert.Equal(reference.Encode("ab"), library.Encode("a\nb"));
        Assert.Equal(reference.Encode("a b"), reference.Encode("a\nb"));
    }

    [Fact]
    public void A_word_of_any_length_does_not_end_the_process()
    {
        foreach (string name in (string[])["bert-bge", "gpt-2", "llama-bpe", "llama-spm", "nomic-bert-moe"])
        {
            ITokenizer library = MicrosoftTokenizers.Read(TestData.Vocabulary($"ggml-vocab-{name}.gguf"));
            Assert.NotEmpty(library.Encode(new string('a', 20_000), addSpecial: false));
        }
    }

    [Fact]
    public void Special_tokens_and_bytes_are_the_references()
    {
        string path = TestData.Vocabulary("ggml-vocab-llama-bpe.gguf");
        ITokenizer library = MicrosoftTokenizers.Read(path);
        Assert.Equal([128000, 15339, 128009], library.Encode("hello<|eot_id|>", parseSpecial: true));
        Assert.DoesNotContain(128009, library.Encode("hello<|eot_id|>"));
        Assert.Equal("hello", library.Decode([128000, 15339]));
        Assert.True(library.IsEndOfGeneration(128009));
    }

    [Fact]
    public void What_the_library_has_no_scheme_for_is_refused()
    {
        using var folder = new TemporaryFolder();
        var odd = TinyModel.Llama().Set("tokenizer.ggml.model", "rwkv");
        odd.Write(folder.File("odd.gguf")).Dispose();
        Assert.Contains("found 'rwkv'", Assert.Throws<UnsupportedRequestException>(() => MicrosoftTokenizers.Read(folder.File("odd.gguf"))).Message, StringComparison.Ordinal);
        var words = TinyModel.Gpt2().Set("tokenizer.ggml.pre", "tekken");
        words.Write(folder.File("words.gguf")).Dispose();
        Assert.Contains("found 'tekken'", Assert.Throws<UnsupportedRequestException>(() => MicrosoftTokenizers.Read(folder.File("words.gguf"))).Message, StringComparison.Ordinal);
    }
}
