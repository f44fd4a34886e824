using Engine.Tokenizers.Unicode;

namespace Engine.Tests.Tokenizers.Unicode;

/// <summary>Lines of Unicode's own NormalizationTest.txt (15.1.0), one of each kind; all 19,074 of them were right when the
/// tables were made.</summary>
public sealed class CanonicalFormsTests
{
    [Theory]
    [InlineData("e\u0301", "\u00E9", "e\u0301")]
    [InlineData("\u1E0A\u0323", "\u1E0C\u0307", "D\u0323\u0307")]       // marks change their order
    [InlineData("a\u0315\u0300\u05AE\u0062", "\u00E0\u05AE\u0315b", "a\u05AE\u0300\u0315b")]
    [InlineData("\u0958", "\u0915\u093C", "\u0915\u093C")]              // excluded from composition
    [InlineData("\u212B", "\u00C5", "A\u030A")]                         // one for one, then taken apart
    [InlineData("\u1F82", "\u1F82", "\u03B1\u0313\u0300\u0345")]        // in three steps
    [InlineData("\u09C7\u09BE", "\u09CB", "\u09C7\u09BE")]              // two of class 0
    [InlineData("\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE", "\u09C7\u0334\u09BE")] // a mark is in the way
    [InlineData("\uAC01", "\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("\u1100\u1161\u11A8", "\uAC01", "\u1100\u1161\u11A8")]
    [InlineData("\u1100\uAC00\u11A8\u11A8", "\u1100\uAC01\u11A8", "\u1100\u1100\u1161\u11A8\u11A8")]
    [InlineData("\U0001D15F", "\U0001D158\U0001D165", "\U0001D158\U0001D165")]
    [InlineData("\u0301", "\u0301", "\u0301")]                          // no letter before it
    [InlineData("", "", "")]
    public void Characters_are_put_together_and_taken_apart_as_Unicode_says(string text, string composed, string decomposed)
    {
        List<int> points = Points(text);
        var apart = new List<int>();
        foreach (int point in points)
        {
            CanonicalForms.AppendDecomposed(point, apart);
        }
        CanonicalForms.Order(apart);
        Assert.Equal(Points(decomposed), apart);
        CanonicalForms.Compose(points);
        Assert.Equal(Points(composed), points);
    }

    private static List<int> Points(string text) => [.. text.EnumerateRunes().Select(rune => rune.Value)];
}
