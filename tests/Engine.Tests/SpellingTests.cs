namespace Engine.Tests;

public sealed class SpellingTests
{
    [Theory]
    [InlineData("kitten", "sitting", 3)]
    [InlineData("", "abc", 3)]
    [InlineData("same", "same", 0)]
    [InlineData("modle", "model", 1)]
    public void The_distance_counts_letters_and_neighbours_that_changed_places(string a, string b, int distance) => Assert.Equal(distance, Spelling.Distance(a, b));

    [Theory]
    [InlineData("temperature", "Path", "Slots")]
    [InlineData("--port", "--lora", "--file", "--json")]
    [InlineData("Q4", "Q4_0", "Q4_1")]
    [InlineData("--", "--lora", "--json")]
    public void A_word_unlike_any_other_gets_no_suggestion(string word, params string[] known) => Assert.Null(Spelling.Nearest(word, known));

    [Fact]
    public void A_word_of_a_megabyte_gets_no_suggestion_and_takes_no_memory()
    {
        string word = new('f', 1 << 20);
        long before = GC.GetAllocatedBytesForCurrentThread();
        Assert.Null(Spelling.Nearest(word, ["frequency_penalty", "model"]));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 8 << 20); // its distance to one name is 72 MB of numbers
    }

    [Theory]
    [InlineData("slot", "Slots")]
    [InlineData("--modle", "--model")]
    [InlineData("--jsn", "--json")]
    [InlineData("--temp", "--temperature")]
    [InlineData("embeding_length", "embedding_length")]
    public void The_nearest_word_is_suggested(string word, string proposal) =>
        Assert.Equal(proposal, Spelling.Nearest(word, ["Path", "Slots", "--model", "--json", "--temperature", "embedding_length"]));
}
