using Engine.Host.Commands.Tokenization;

namespace Engine.Host.Tests.Commands.Tokenization;

using Tokenization = Engine.Host.Commands.Tokenization.Tokenization;

public sealed class TokenTableTextTests
{
    [Fact]
    public void The_first_difference_is_marked_and_described()
    {
        var pair = new TextTokens("abc", Tokens("llama.cpp", (1, "a"), (2, "b"), (3, "c")), [Tokens("reference", (1, "a"), (9, "bc"))], []);
        Assert.Equal(1, pair.FirstDifference);
        Assert.Equal(
            """
                 #  llama.cpp                            reference
                 0       1  a                                 1  a
            >    1       2  b                         |       9  bc
                 2       3  c

            llama.cpp and reference DIFFER, first at token 1: 2 'b' against 9 'bc'.

            """, Print(pair));
    }

    [Fact]
    public void A_text_that_is_only_a_beginning_of_the_other_differs_at_its_end()
    {
        var pair = new TextTokens("ab", Tokens("llama.cpp", (1, "a"), (2, "b")), [Tokens("reference", (1, "a"))], []);
        Assert.Equal(1, pair.FirstDifference);
        Assert.Contains("2 'b' against the end.", Print(pair), StringComparison.Ordinal);
    }

    [Fact]
    public void Columns_stay_within_80_cells_whatever_the_pieces_are()
    {
        (int, string)[] odd = [(1_234_567, new string('x', 100)), (2, "日本語" + new string('漢', 30)), (3, "\u001b[31m\u200f\r"), (4, "e\u0301")];
        string text = Print(new TextTokens("", Tokens("llama.cpp", odd), [Tokens("reference", odd)], []));
        Assert.DoesNotContain('\u001b', text);
        Assert.Contains("\\u{1B}[31m\\u{200F}\\r", text, StringComparison.Ordinal);
        Assert.All(text.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Assert.All(text.Split('\n')[1..5], line => Assert.Contains(" " + odd[line[5] - '0'].Item1 + "  ", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Three_different_tokenizers_are_shown_side_by_side_and_equal_ones_once()
    {
        Tokenization trained = Tokens("trained (reference)", (1, "a"), (2, "b")), native = Tokens("native (llama.cpp)", (1, "a"), (3, "c"));
        var three = new TextTokens("abc", trained, [native, Tokens("native (reference)", (4, "d"))], []);
        Assert.Equal(
            """
                 #  trained (reference)      native (llama.cpp)       native (reference)
            >    0       1  a                     1  a             |       4  d
            >    1       2  b             |       3  c

            trained (reference) and native (llama.cpp) DIFFER, first at token 1: 2 'b' against 3 'c'.

            """, Print(three));
        Assert.DoesNotContain("native (reference)", Print(new TextTokens("abc", trained, [native, native with { Name = "native (reference)" }], [])), StringComparison.Ordinal);
    }

    [Fact]
    public void Differences_of_many_texts_are_counted()
    {
        var same = new TextTokens("a", Tokens("llama.cpp", (1, "a")), [Tokens("reference", (1, "a"))], []);
        var other = new TextTokens("b", Tokens("llama.cpp", (1, "a")), [Tokens("reference", (2, "b"))], []);
        using var error = new StringWriter { NewLine = "\n" };
        IdLines.WriteDifferences(error, [same, other, other]);
        Assert.Equal("Text 2 (2 of 3 texts differ): llama.cpp and reference DIFFER, first at token 0: 1 'a' against 2 'b'.\n", error.ToString());
    }

    private static string Print(TextTokens pair)
    {
        using var output = new StringWriter { NewLine = "\n" };
        TokenTableText.Write(output, pair, "never");
        return output.ToString();
    }

    private static Tokenization Tokens(string backend, params (int Id, string Piece)[] tokens) => new(
        backend, [.. tokens.Select(token => token.Id)], [.. tokens.Select(token => token.Piece)], [.. tokens.Select(token => token.Piece)]);
}
