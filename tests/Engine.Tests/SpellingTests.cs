namespace Engine.Tests;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    public void The_distance_is_Levenshteins(string a, string b, int distance) => Assert.Equal(distance, Spelling.Distance(a, b));

    [Fact]
    public void A_word_that_is_near_nothing_gets_no_proposal() => Assert.Null(Spelling.Nearest("temperature", ["Path", "Slots"]));

    [Fact]
    public void The_nearest_word_is_proposed() => Assert.Equal("Slots", Spelling.Nearest("slot", ["Path", "Slots"]));
}
