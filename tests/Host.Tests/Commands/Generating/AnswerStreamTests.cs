using System.Text;
using Engine.Host.Commands.Generating;

namespace Engine.Host.Tests.Commands.Generating;

public sealed class AnswerStreamTests
{
    // What a terminal shows: backspaces move the cursor, what is written replaces.
    private static string[] Show(int? width, params string[] pieces)
    {
        using var output = new StringWriter { NewLine = "\n" };
        var stream = new AnswerStream(output, width);
        Array.ForEach(pieces, stream.Write);
        stream.EndLine();
        List<StringBuilder> lines = [new()];
        int column = 0;
        foreach (char letter in output.ToString())
        {
            switch (letter)
            {
                case '\n':
                    lines.Add(new StringBuilder());
                    column = 0;
                    break;
                case '\b':
                    column--;
                    break;
                default:
                    lines[^1].Length = Math.Max(lines[^1].Length, column + 1);
                    lines[^1][column++] = letter;
                    break;
            }
        }
        return [.. lines.Select(line => line.ToString().TrimEnd())];
    }

    [Fact]
    public void Outside_a_terminal_the_text_stays_unchanged() =>
        Assert.Equal(["one two three four", ""], Show(null, "one two thr", "ee four"));

    [Theory]
    [InlineData("one two three four")]
    [InlineData("one", " two", " three", " four")]
    [InlineData("on", "e tw", "o thr", "ee fo", "ur")]
    public void Words_move_to_the_next_line_unbroken_however_they_arrive(params string[] pieces) => Assert.Equal(["one two", "three four", ""], Show(11, pieces));

    [Fact]
    public void No_line_is_longer_than_the_terminal_and_nothing_is_lost()
    {
        string text = string.Join(' ', Enumerable.Range(0, 60).Select(i => new string((char)('a' + i % 26), i * 7 % 13 + 1)));
        string[] lines = Show(20, [.. text.Chunk(3).Select(piece => new string(piece))]);
        Assert.All(lines, line => Assert.True(line.Length < 20, line));
        Assert.Equal(text.Replace(" ", "", StringComparison.Ordinal), string.Concat(lines).Replace(" ", "", StringComparison.Ordinal));
    }

    [Fact]
    public void A_word_longer_than_the_line_is_broken_and_wide_characters_take_two_cells()
    {
        Assert.Equal(["aaaaaaa", "aaa", ""], Show(8, "aaaaaaaaaa"));
        Assert.Equal(["语言模", "型", ""], Show(8, "语言模型"));
    }

    [Fact]
    public void Control_characters_do_not_reach_the_terminal() => Assert.Equal(["a\uFFFD[2Jb", ""], Show(80, "a\u001b[2Jb"));
}
