using System.Text;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class TokenTrieTests
{
    [Fact]
    public void The_longest_string_at_the_beginning_of_a_text_is_found()
    {
        TokenTrie trie = Of("a", "ab", "abcd", "b");
        Assert.Equal(1, trie.LongestMatch("abce"u8, out int length));
        Assert.Equal(2, length);
        Assert.Equal(2, trie.LongestMatch("abcdabcd"u8, out length));
        Assert.Equal(4, length);
        Assert.Equal(-1, trie.LongestMatch("xab"u8, out length));
        Assert.Equal(0, length);
    }

    [Fact]
    public void A_path_may_end_where_no_string_does()
    {
        TokenTrie trie = Of("<mask>");
        Assert.Equal(3, trie.LongestPath("<man"u8));
        Assert.Equal(0, trie.LongestPath("mask"u8));
    }

    [Fact]
    public void Many_strings_are_all_found()
    {
        string[] texts = [.. new GeneratedTexts(seed: 42).Take(3_000).Select(text => text[..Math.Min(12, text.Length)])
            .Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))).Distinct(StringComparer.Ordinal)];
        TokenTrie trie = Of(texts);
        for (int text = 0; text < texts.Length; text++)
        {
            byte[] utf8 = Encoding.UTF8.GetBytes(texts[text]);
            Assert.Equal(text, trie.LongestMatch(utf8, out int length));
            Assert.Equal(utf8.Length, length);
        }
    }

    private static TokenTrie Of(params string[] texts)
    {
        var trie = new TokenTrie();
        for (int text = 0; text < texts.Length; text++)
        {
            trie.Add(Encoding.UTF8.GetBytes(texts[text]), text);
        }
        return trie;
    }
}
