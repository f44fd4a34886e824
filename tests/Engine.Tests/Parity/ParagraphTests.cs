using System.Text;
using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ParagraphTests
{
    [Fact]
    public void A_line_breaks_at_words_and_never_between_a_number_and_its_percent_sign()
    {
        var text = new StringBuilder();
        Paragraph.Append(text, "rows looked up: 41 of 886 (4.6 %), positions: 70", 32, 2);
        Assert.Equal("rows looked up: 41 of 886\n  (4.6 %), positions: 70\n", text.ToString().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void A_word_longer_than_a_line_is_not_broken()
    {
        var text = new StringBuilder();
        Paragraph.Append(text, "in /a/rather/long/path", 10);
        Assert.Equal("in\n/a/rather/long/path\n", text.ToString().ReplaceLineEndings("\n"));
    }
}
