using System.Text;
using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

/// <summary>Judged by the ids that llama.cpp's own test data give for the vocabulary of Llama 2 (<c>tests/Data/vocab</c>).</summary>
public sealed class SentencePieceBpeTests
{
    private static readonly Lazy<ITokenizer> Llama2 = new(() => Read("ggml-vocab-llama-spm.gguf"));

    [Fact]
    public void The_ids_of_llama_cpps_test_texts_are_the_expected_ones()
    {
        string[] texts = Texts();
        string[] expected = File.ReadAllLines(TestData.Vocabulary("ggml-vocab-llama-spm.gguf.out"));
        Assert.Equal(texts.Length, expected.Length);
        Assert.True(texts.Length > 40);
        for (int i = 0; i < texts.Length; i++)
        {
            Assert.Equal(expected[i].Trim(), string.Join(' ', Llama2.Value.Encode(texts[i], addSpecial: false)));
        }
    }

    [Fact]
    public void Text_comes_back_from_its_ids_after_the_added_blank()
    {
        foreach (string text in Texts().Where(text => text.Length > 0))
        {
            Assert.Equal(" " + text, Llama2.Value.Decode(Llama2.Value.Encode(text)));
        }
    }

    [Fact]
    public void A_text_begins_with_BOS_only_where_special_tokens_are_added()
    {
        Assert.Equal([1, 15043], Llama2.Value.Encode("Hello"));
        Assert.Equal([15043], Llama2.Value.Encode("Hello", addSpecial: false));
        Assert.Equal([1], Llama2.Value.Encode(""));
        Assert.Empty(Llama2.Value.Encode("", addSpecial: false));
    }

    [Fact]
    public void The_text_of_a_special_token_is_that_token_only_on_request()
    {
        // After a special token a blank is added again, as llama.cpp does: "▁Hello" twice.
        Assert.Equal([15043, 2, 15043], Llama2.Value.Encode("Hello</s>Hello", addSpecial: false, parseSpecial: true));
        Assert.DoesNotContain(2, Llama2.Value.Encode("Hello</s>Hello", addSpecial: false));
    }

    [Fact]
    public void A_surrogate_without_its_partner_is_the_replacement_character()
    {
        Assert.Equal(Llama2.Value.Encode("a\uFFFDb"), Llama2.Value.Encode("a\uD800b"));
        Assert.Equal(Llama2.Value.Encode("\uFFFD"), Llama2.Value.Encode("\uDC00"));
    }

    [Fact]
    public void Control_tokens_have_no_bytes_and_byte_tokens_have_one()
    {
        Assert.True(Llama2.Value.GetBytes(1).IsEmpty);
        Assert.Equal([0x0A], Llama2.Value.GetBytes(13).ToArray());
        Assert.Equal("<0x0A>", Llama2.Value.GetPiece(13));
        Assert.Equal(" Hello", Encoding.UTF8.GetString(Llama2.Value.GetBytes(15043).Span));
        Assert.Throws<TokenOutOfRangeException>(() => Llama2.Value.GetBytes(32000));
        Assert.Throws<TokenOutOfRangeException>(() => Llama2.Value.GetPiece(-1));
    }

    [Fact]
    public void Equal_letters_take_time_in_proportion() =>
        Assert.InRange(Steady.Growth(16, times => Assert.NotEmpty(Llama2.Value.Encode(new string('a', times * 2_000)))), 0, 64);

    [Fact]
    public void Generation_ends_at_EOS()
    {
        Assert.True(Llama2.Value.IsEndOfGeneration(2));
        Assert.False(Llama2.Value.IsEndOfGeneration(1));
        Assert.False(Llama2.Value.IsEndOfGeneration(-1));
        Assert.False(Llama2.Value.IsEndOfGeneration(1 << 30));
    }

    // Each text is followed by a separator.
    private static string[] Texts() =>
        File.ReadAllText(TestData.Vocabulary("ggml-vocab-llama-spm.gguf.inp")).Split("\n__ggml_vocab_test__\n")[..^1];

    private static ITokenizer Read(string name)
    {
        using GgufFile file = GgufFile.Open(TestData.Vocabulary(name));
        return FileTokenizer.Read(file.Metadata, "llama", TokenizerRule.Native);
    }
}
