namespace ReferenceModels.Training.Corpora;

/// <summary>Names of places: known ones, and made-up ones, so that a model learns to copy names rather than to know them.</summary>
internal static class PlaceName
{
    private static readonly string[] Known =
    [
        "Paris", "Oslo", "Rome", "London", "Berlin", "Madrid", "Vienna", "Lisbon", "Athens", "Dublin", "Prague", "Warsaw", "Budapest", "Helsinki", "Stockholm", "Copenhagen",
        "Amsterdam", "Brussels", "Zurich", "Geneva", "Munich", "Hamburg", "Cologne", "Milan", "Venice", "Naples", "Barcelona", "Porto", "Lyon", "Nice", "Bergen", "Tokyo", "Kyoto",
        "Osaka", "Seoul", "Beijing", "Shanghai", "Delhi", "Mumbai", "Bangkok", "Singapore", "Jakarta", "Manila", "Hanoi", "Sydney", "Melbourne", "Perth", "Auckland", "Cairo", "Nairobi",
        "Lagos", "Accra", "Dakar", "Tunis", "Moscow", "Kyiv", "Istanbul", "Ankara", "Tehran", "Dubai", "Boston", "Chicago", "Seattle", "Denver", "Dallas", "Houston", "Miami", "Toronto",
        "Montreal", "Vancouver", "Lima", "Bogota", "Quito", "Santiago", "Havana", "Reykjavik", "Zürich", "München", "Malmö", "Kraków", "New York", "San Francisco", "Los Angeles",
        "Cape Town", "Hong Kong", "Buenos Aires", "Mexico City", "Rio de Janeiro", "São Paulo", "New Delhi",
    ];

    private static readonly string[] Onsets =
        ["b", "c", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "qu", "r", "s", "t", "v", "w", "x", "y", "z", "br", "ch", "dr", "fl", "gr", "kl", "pl", "sh", "st", "th", "tr", ""];

    private static readonly string[] Vowels = ["a", "e", "i", "o", "u", "ai", "ea", "ie", "ou", "y", "ö", "é"];
    private static readonly string[] Ends = ["", "", "", "n", "r", "s", "l", "m", "t", "nd", "rk", "ss", "lm", "ck", "burg", "ton", "ville", "field"];

    /// <summary>Known or made up, equally often.</summary>
    public static string Of(Draw draw) => draw.Once(2) ? draw.From(Known) : MadeUp(draw);

    /// <summary>A made-up word.</summary>
    public static string MadeUp(Draw draw)
    {
        string word = "";
        for (int i = draw.Below(3); i >= 0; i--)
        {
            // The last two vowels are rare letters.
            word += draw.From(Onsets) + Vowels[draw.Once(12) ? Vowels.Length - 1 - draw.Below(2) : draw.Below(Vowels.Length - 2)];
        }
        word += draw.From(Ends);
        return char.ToUpperInvariant(word[0]) + word[1..];
    }
}
