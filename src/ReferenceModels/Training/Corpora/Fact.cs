namespace ReferenceModels.Training.Corpora;

/// <summary>Who did what, where and when, which can be said in several ways: two wordings of one fact are similar sentences.</summary>
internal sealed record Fact(string Who, string Did, string Doing, string Where, string When)
{
    private static readonly string[] People = ["Lily", "Tom", "Anna", "Ben", "the cat", "the dog", "the fox", "the bear", "the king", "the queen", "the old man", "the bird"];
    private static readonly (string Did, string Doing)[] Acts =
    [
        ("slept", "sleeping"), ("sang a song", "singing a song"), ("ate an apple", "eating an apple"), ("read a book", "reading a book"), ("looked for a key", "looking for a key"),
        ("played with a ball", "playing with a ball"), ("drank cold water", "drinking cold water"), ("told a story", "telling a story"), ("waited for a friend", "waiting for a friend"), ("caught a fish", "catching a fish"),
    ];

    private static readonly string[] Places = ["in the garden", "in the forest", "by the river", "on the hill", "on the beach", "at the market", "in the house", "under a tree"];
    private static readonly string[] Times = ["in the morning", "at noon", "in the evening", "at night"];

    // How a fact may be said; {0} who, {1} did, {2} doing, {3} where, {4} when.
    private static readonly string[] Ways =
    [
        "{0} {1} {3} {4}.", "{4}, {0} {1} {3}.", "{3}, {0} {1} {4}.", "{0} was {2} {3} {4}.", "{4}, {0} was {3}, {2}.", "it was {0} who {1} {3} {4}.", "{0} was {3} {4}, {2}.",
    ];

    /// <summary>A fact that belongs to a part.</summary>
    public static Fact Of(Draw draw, CorpusPart part)
    {
        while (true)
        {
            (string did, string doing) = draw.From(Acts);
            var fact = new Fact(draw.From(People), did, doing, draw.From(Places), draw.From(Times));
            if (Split.Of(fact.Who, fact.Did, fact.Where) == part)
            {
                return fact;
            }
        }
    }

    /// <summary>The fact in two different wordings.</summary>
    public (string First, string Second) Twice(Draw draw)
    {
        int first = draw.Below(Ways.Length), second = (first + 1 + draw.Below(Ways.Length - 1)) % Ways.Length;
        return (Say(Ways[first]), Say(Ways[second]));
    }

    private string Say(string way)
    {
        string said = string.Format(System.Globalization.CultureInfo.InvariantCulture, way, Who, Did, Doing, Where, When);
        return char.ToUpperInvariant(said[0]) + said[1..];
    }
}
