using System.Text;
using Engine.Generation;
using Engine.Sampling;

namespace Engine.Tests.Generation;

public sealed class TextAssemblerTests
{
    [Fact]
    public void A_character_appears_with_its_last_byte()
    {
        var text = new TextAssembler([]);
        Assert.Equal("", text.Append([0xF0, 0x9F]));
        Assert.Equal("", text.Append([0x98]));
        Assert.Equal("😀x", text.Append([0x80, (byte)'x']));
        Assert.Equal("", text.Finish());
    }

    [Fact]
    public void An_unfinished_character_becomes_a_replacement_at_the_end()
    {
        var text = new TextAssembler([]);
        Assert.Equal("a", text.Append([(byte)'a', 0xE2, 0x82]));
        Assert.Equal("\uFFFD", text.Finish());
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Text_does_not_depend_on_where_tokens_begin_and_end(ulong seed)
    {
        var random = new Xoshiro256(seed);
        for (int round = 0; round < 300; round++)
        {
            byte[] bytes = RandomBytes(random);
            string text = string.Concat(Pieces(bytes, random, new TextAssembler([])));
            Assert.Equal(Encoding.UTF8.GetString(bytes), text); // .NET's own decoder is the judge
        }
    }

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void A_stop_text_ends_the_text_wherever_tokens_begin_and_end(ulong seed)
    {
        var random = new Xoshiro256(seed);
        for (int round = 0; round < 500; round++)
        {
            // Two letters make stop texts that overlap themselves and each other.
            string all = RandomLetters(random, 40);
            string[] stops = [.. Enumerable.Range(0, 1 + (int)(random.NextUInt64() % 3)).Select(_ => RandomLetters(random, 6))];
            var assembler = new TextAssembler(stops);
            string[] pieces = [.. Pieces(Encoding.UTF8.GetBytes(all), random, assembler)];
            Assert.Equal(CutAt(all, stops), string.Concat(pieces));
            Assert.Equal(stops.Any(all.Contains), assembler.Stopped);
            Assert.Equal(StoppedBy(all, stops), assembler.StoppedBy);
        }
    }

    [Fact]
    public void No_more_is_held_back_than_may_still_become_a_stop_text()
    {
        var text = new TextAssembler(["abab", "xyz"]);
        Assert.Equal("q", text.Append("qaba"u8));
        Assert.Equal("ab", text.Append("c"u8)[..2]);
        Assert.Equal("", text.Append("ab"u8));
        Assert.Equal("ab", text.Append("xy"u8));
        Assert.Equal("xy", text.Finish());
        Assert.False(text.Stopped);
    }

    [Fact]
    public void Nothing_follows_a_stop_text()
    {
        var text = new TextAssembler(["END"]);
        Assert.Equal("a", text.Append("aE"u8));
        Assert.Equal("", text.Append("NDb"u8));
        Assert.True(text.Stopped);
        Assert.Equal("", text.Append("c"u8));
        Assert.Equal("", text.Finish());
    }

    private static string CutAt(string text, string[] stops) =>
        StoppedBy(text, stops) is { } stop ? text[..text.IndexOf(stop, StringComparison.Ordinal)] : text;

    // The stop text that is complete first counts; of those complete at the same place, the longest.
    private static string? StoppedBy(string text, string[] stops) =>
        Enumerable.Range(1, text.Length)
            .Select(end => stops.Where(stop => text[..end].EndsWith(stop, StringComparison.Ordinal)).MaxBy(stop => stop.Length))
            .FirstOrDefault(stop => stop is not null);

    private static IEnumerable<string> Pieces(byte[] bytes, Xoshiro256 random, TextAssembler text)
    {
        for (int start = 0; start < bytes.Length;)
        {
            int end = Math.Min(bytes.Length, start + (int)(random.NextUInt64() % 5));
            string piece = text.Append(bytes.AsSpan(start..end));
            Assert.True(!piece.Any(char.IsSurrogate) || !char.IsHighSurrogate(piece[^1]), "half a character was handed out");
            yield return piece;
            start = end;
        }
        yield return text.Finish();
    }

    private static byte[] RandomBytes(Xoshiro256 random)
    {
        string[] parts = ["a", "é", "€", "😀", "\u0000"];
        var bytes = new List<byte>();
        for (int i = 0; i < 12; i++)
        {
            ulong r = random.NextUInt64();
            bytes.AddRange(r % 3 == 0 ? [(byte)(r >> 8)] : Encoding.UTF8.GetBytes(parts[r % (ulong)parts.Length]));
        }
        return [.. bytes];
    }

    private static string RandomLetters(Xoshiro256 random, int longest) =>
        string.Concat(Enumerable.Range(0, 1 + (int)(random.NextUInt64() % (ulong)longest)).Select(_ => random.NextUInt64() % 7 == 0 ? "é" : random.NextUInt64() % 2 == 0 ? "a" : "b"));
}
