namespace ReferenceModels.Training.Corpora;

/// <summary>The character that a story is about, with the words that agree with it.</summary>
/// <param name="First">The first mention, with an article if needed: <c>a girl named Lily</c>.</param>
/// <param name="Again">Later mentions: <c>Lily</c>, <c>the fox</c>.</param>
/// <param name="He">Subject pronoun.</param>
/// <param name="Him">Object pronoun.</param>
/// <param name="His">Possessive.</param>
/// <param name="Was">The past of "be" that agrees.</param>
internal sealed record Hero(string First, string Again, string He, string Him, string His, string Was)
{
    private static readonly string[] Girls = ["Lily", "Mia", "Anna", "Sue", "Rose", "Emma", "Lucy", "Kate", "Sara", "Amy"];
    private static readonly string[] Boys = ["Tom", "Ben", "Max", "Sam", "Tim", "Jack", "Leo", "Bob", "Dan", "Peter"];
    private static readonly string[] Animals = ["dog", "cat", "fox", "bear", "rabbit", "mouse", "duck", "frog", "bird", "horse", "pig", "lion"];
    private static readonly string[] Manners = ["little", "young", "small", "brave", "kind"];

    /// <summary>All characters that a story can be about.</summary>
    public static IReadOnlyList<Hero> All { get; } = [.. People(), .. Manners.SelectMany(manner => Animals.Select(animal => Animal(manner, animal))), .. Pairs()];

    private static IEnumerable<Hero> People()
    {
        foreach (string manner in (string[])["a", "a little", "a young", "a kind"])
        {
            foreach (string girl in Girls)
            {
                yield return new Hero($"{manner} girl named {girl}", girl, "she", "her", "her", "was");
            }
            foreach (string boy in Boys)
            {
                yield return new Hero($"{manner} boy named {boy}", boy, "he", "him", "his", "was");
            }
        }
        yield return new Hero("an old man", "the old man", "he", "him", "his", "was");
        yield return new Hero("an old woman", "the old woman", "she", "her", "her", "was");
        yield return new Hero("a king", "the king", "he", "him", "his", "was");
        yield return new Hero("a queen", "the queen", "she", "her", "her", "was");
    }

    private static Hero Animal(string manner, string animal) => new($"a {manner} {animal}", $"the {animal}", "it", "it", "its", "was");

    private static IEnumerable<Hero> Pairs() =>
        from girl in Girls from boy in Boys select new Hero($"{girl} and {boy}", "the children", "they", "them", "their", "were");
}
