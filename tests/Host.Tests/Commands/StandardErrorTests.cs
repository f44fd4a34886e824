using Engine.Host.Commands;

namespace Engine.Host.Tests.Commands;

public sealed class StandardErrorTests
{
    [Fact]
    public void Lines_are_broken_at_words()
    {
        string wrapped = StandardError.Wrap("Reading the text 'x': expected a readable file, found no such file.\n\n  a list of things that is longer than a line", 30);
        Assert.Equal(["Reading the text 'x': expected", "a readable file, found no such", "file.", "", "  a list of things that is", "  longer than a line", ""], wrapped.Split(Environment.NewLine));
    }

    [Fact]
    public void A_word_longer_than_the_line_stays_whole() => Assert.Equal(["a", "/very/long/path", "b", ""], StandardError.Wrap("a /very/long/path b", 8).Split(Environment.NewLine));

    [Theory]
    [InlineData(40, "Loading a [####] 50 %")]
    [InlineData(22, "Loading a [####] 50 %")]
    [InlineData(21, "Loading a 50 %")]
    [InlineData(10, "50 %")]
    [InlineData(3, "50")]
    public void Progress_takes_the_longest_form_that_leaves_a_column(int width, string line) =>
        Assert.Equal(line, StandardError.Fitting(width, "Loading a [####] 50 %", "Loading a 50 %", "50 %"));
}
