using System.Text.RegularExpressions;

namespace ReferenceModels.Training.Corpora;

/// <summary>A story of four to seven sentences: who, where, when, in what weather, and what happens; every sentence is consistent with these.</summary>
internal sealed partial record Story(Hero Hero, Place Place, Plot Plot, string Thing, string Friend, string Weather, string Time)
{
    private static readonly string[] Friends = ["dog", "cat", "bird", "fox", "bear", "rabbit", "mouse", "duck", "frog", "girl", "boy"];
    private static readonly string[] Times = ["morning", "day", "afternoon", "evening"];

    // The sentences on the sky after the opening, by weather.
    private static readonly Dictionary<string, string[]> Skies = new()
    {
        ["sunny"] = ["The sun was warm.", "The sky was blue."],
        ["rainy"] = ["The rain was cold.", "The grass was wet."],
        ["windy"] = ["The wind was strong.", "The wind blew in the trees."],
        ["snowy"] = ["The snow was white and deep.", "It was very cold."],
        ["cloudy"] = ["The clouds were dark.", "There was no sun."],
    };

    // The first sentence, or two. They introduce the hero and the place.
    private static readonly string[] Openings =
    [
        "Once upon a time, there {was} {a hero}. One {weather} {time}, {he} went to {place}.",
        "Once upon a time, {a hero} lived near {place}. One {weather} {time}, {he} went there to play.",
        "{A hero} liked {place} best of all. One {weather} {time}, {he} went there.",
        "One {weather} {time}, {a hero} {was} {at place}.",
        "One {time}, {a hero} went to {place}. It was {weather}.",
        "It was a {weather} {time}, and {a hero} went to {place}.",
        "{A hero} went to {place} on a {weather} {time}.",
        "{A hero} {was} {at place}. It was a {weather} {time}.",
        "{A hero} lived near {place}. One {weather} {time}, {he} went for a walk there.",
        "{A hero} liked to play {at place}. It was a {weather} {time}.",
    ];

    /// <summary>The part of the corpus that it belongs to.</summary>
    public CorpusPart Part => Split.Of(Hero.Again, Place.Name, Plot.Name, Thing);

    /// <summary>A story that belongs to a part.</summary>
    public static Story Tell(Draw draw, CorpusPart part)
    {
        while (true)
        {
            Hero hero = draw.From(Hero.All);
            Place place = draw.From(Place.All);
            Plot plot = draw.From(Plot.All);
            string thing = draw.From(plot.Things.Count > 0 ? plot.Things : place.Things);
            var story = new Story(hero, place, plot, thing, draw.From(FriendsOf(hero)), draw.From([.. Skies.Keys.Order(StringComparer.Ordinal)]), draw.From(Times));
            if (story.Part == part)
            {
                return story;
            }
        }
    }

    /// <summary>The opening, which says who, where and when.</summary>
    public string Opening(Draw draw) => Say(draw.From(Openings));

    /// <summary>The sentences between opening and ending.</summary>
    public IEnumerable<string> Middle(Draw draw)
    {
        if (draw.Once(3))
        {
            yield return draw.From(Skies[Weather]);
        }
        foreach (string[] step in Plot.Steps)
        {
            yield return Say(draw.From(step));
        }
    }

    /// <summary>The last sentence, which says how the story ended for the hero.</summary>
    public string Ending(Draw draw) => Say(draw.From(Plot.Endings[Plot.Mood]));

    /// <summary>The whole story.</summary>
    public string Text(Draw draw) => string.Join(' ', [Opening(draw), .. Middle(draw), Ending(draw)]);

    /// <summary>All stories with the same opening, with any plot, thing and friend.</summary>
    public IEnumerable<Story> Others() =>
        from plot in Plot.All
        from thing in plot.Things.Count > 0 ? plot.Things : Place.Things
        from friend in FriendsOf(Hero)
        select this with { Plot = plot, Thing = thing, Friend = friend };

    /// <summary>The sentences after the opening, each in all its wordings; the first, on the sky, may be omitted.</summary>
    public IEnumerable<IReadOnlyList<string>> Steps() =>
        [Skies[Weather], .. Plot.Steps.Append(Plot.Endings[Plot.Mood]).Select(ways => ways.Select(Say).ToArray())];

    private static string[] FriendsOf(Hero hero) => [.. Friends.Where(friend => !hero.Again.EndsWith(friend, StringComparison.Ordinal))];

    private string Say(string sentence) => Blank().Replace(sentence, blank => blank.Groups[1].Value switch
    {
        "a hero" => Hero.First,
        "A hero" => Capital(Hero.First),
        "hero" => Hero.Again,
        "Hero" => Capital(Hero.Again),
        "he" => Hero.He,
        "He" => Capital(Hero.He),
        "him" => Hero.Him,
        "his" => Hero.His,
        "His" => Capital(Hero.His),
        "was" => Hero.Was,
        "place" => Place.Name,
        "at place" => $"{Place.At} {Place.Name}",
        "spot" => Place.Spot,
        "thing" => Thing,
        "a thing" => $"{("aeiou".Contains(Thing[0], StringComparison.Ordinal) ? "an" : "a")} {Thing}",
        "friend" => Friend,
        "weather" => Weather,
        "time" => Time,
        string other => throw new InvalidOperationException($"A story has no word for '{other}'."),
    });

    private static string Capital(string text) => char.ToUpperInvariant(text[0]) + text[1..];

    [GeneratedRegex(@"\{([^}]+)\}")]
    private static partial Regex Blank();
}
