using System.Text;
using Engine.Tokenizers;

namespace Engine.Tests.Tokenizers;

public sealed class TokenTableTests
{
    [Fact]
    public void Strings_are_found_by_their_bytes_however_many_there_are()
    {
        string[] texts = [.. new GeneratedTexts(seed: 41).Take(5_000).Distinct(StringComparer.Ordinal)];
        var table = new TokenTable(4);
        var numbers = new Dictionary<string, int>(StringComparer.Ordinal);
        foreach (string text in texts.Select(text => Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text))))
        {
            numbers.TryAdd(text, numbers.Count);
            Assert.Equal(numbers[text], table.Add(Encoding.UTF8.GetBytes(text)));
        }
        foreach ((string text, int number) in numbers)
        {
            Assert.Equal(number, table.Find(Encoding.UTF8.GetBytes(text)));
            Assert.Equal(text, Encoding.UTF8.GetString(table[number]));
        }
        Assert.Equal(-1, table.Find("no such text"u8));
        Assert.Equal(numbers.Keys.Max(Encoding.UTF8.GetByteCount), table.LongestBytes);
    }

    [Fact]
    public void A_hidden_string_has_a_number_and_is_not_found()
    {
        var table = new TokenTable(4);
        Assert.Equal(0, table.AddHidden());
        Assert.Equal(1, table.Add("a"u8));
        Assert.Equal(-1, table.Find([]));
        Assert.Equal(1, table.Find("a"u8));
    }
}
