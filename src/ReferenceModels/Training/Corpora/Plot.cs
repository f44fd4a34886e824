namespace ReferenceModels.Training.Corpora;

/// <summary>What happens in a story: for each sentence its wordings, with <c>{…}</c> for a story's own words.</summary>
/// <param name="Name">The plot's name.</param>
/// <param name="Mood">How it ends, which is the label of the story.</param>
/// <param name="Things">The things it is about; empty for those at the place.</param>
/// <param name="Steps">The sentences except the last.</param>
internal sealed record Plot(string Name, string Mood, IReadOnlyList<string> Things, params IReadOnlyList<string[]> Steps)
{
    private static readonly string[] Toys = ["red ball", "paper kite", "toy boat", "blue hat", "silver ring"];
    private static readonly string[] Fragile = ["paper kite", "toy boat", "glass cup", "small lamp", "blue egg"];
    private static readonly string[] Made = ["paper kite", "toy boat", "warm cake", "straw basket", "little chair"];
    private static readonly string[] Food = ["piece of bread", "sweet apple", "warm cake", "cup of milk"];

    /// <summary>The last sentence, by mood.</summary>
    public static IReadOnlyDictionary<string, string[]> Endings { get; } = new Dictionary<string, string[]>
    {
        ["happy"] = ["{Hero} {was} very happy.", "{Hero} went home with a smile.", "It was the best {time} of all.", "{Hero} laughed and danced all the way home."],
        ["sad"] = ["{Hero} {was} very sad.", "{Hero} went home and cried.", "{Hero} cried all the way home.", "It was a sad {time} for {him}."],
        ["afraid"] = ["{Hero} {was} very afraid.", "{Hero} did not go out again that {time}.", "{Hero} hid under {his} bed.", "{He} could not sleep that night."],
        ["proud"] = ["{Hero} {was} very proud.", "Everybody said that {hero} did well.", "{His} mother was proud of {him}.", "{He} told everybody about it."],
        ["angry"] = ["{Hero} {was} very angry.", "{Hero} shouted and went home.", "{He} did not want to play any more.", "{Hero} shouted at the {friend}."],
    };

    /// <summary>All plots.</summary>
    public static IReadOnlyList<Plot> All { get; } =
    [
        new("find", "happy", [],
            ["{Hero} found {a thing} {spot}.", "There was {a thing} {spot}, and {hero} saw it."],
            ["{Hero} picked up the {thing} and looked at it.", "The {thing} was the best that {he} had ever seen."],
            ["{Hero} showed the {thing} to {his} friend, the {friend}.", "{He} gave the {thing} to {his} mother.", "A {friend} came and liked the {thing}, too."]),
        new("help", "happy", Food,
            ["{Hero} met a {friend}, and the {friend} was hungry.", "There {he} saw a {friend} that was tired and hungry."],
            ["{Hero} gave the {friend} {a thing}.", "\"Take my {thing},\" said {hero}."],
            ["The {friend} ate the {thing} and said, \"Thank you.\"", "\"Thank you,\" said the {friend}, and ate the {thing}."],
            ["From that day on, {hero} and the {friend} were friends.", "Then {hero} and the {friend} played together."]),
        new("lost and found", "happy", Toys,
            ["{Hero} wanted to play, but {his} {thing} was gone.", "There {hero} lost {his} {thing}."],
            ["{He} looked for the {thing} {spot}.", "{He} looked here and there, but {he} could not see the {thing}."],
            ["Then a {friend} came with the {thing}.", "A {friend} helped {hero} and found the {thing}."]),
        new("lost", "sad", Toys,
            ["{Hero} wanted to play, but {his} {thing} was gone.", "There {hero} lost {his} {thing}."],
            ["{He} looked for the {thing} {spot}, but it was not there.", "A {friend} helped {hero}, but they did not find the {thing}."],
            ["The {thing} was lost.", "{He} never saw the {thing} again."]),
        new("broken", "sad", Fragile,
            ["{Hero} played with {his} {thing}.", "{He} had {a thing} with {him}."],
            ["Then {hero} fell, and the {thing} broke.", "A {friend} ran by, and the {thing} fell and broke."],
            ["{He} could not mend the {thing}.", "Nobody could mend the {thing}."]),
        new("noise", "afraid", ["loud noise", "strange voice", "dark shadow"],
            ["There was {a thing} {spot}.", "Suddenly there was {a thing} {spot}."],
            ["\"Who is there?\" asked {hero}.", "{His} heart beat fast.", "{Hero} stood still and did not move."],
            ["Nobody answered, and {hero} ran home.", "Then {he} saw a big wolf.", "{He} ran away as fast as {he} could."]),
        new("make", "proud", Made,
            ["{Hero} wanted to make {a thing}.", "There {hero} began to make {a thing}."],
            ["{He} worked all {time}.", "It was hard, but {he} did not stop."],
            ["At last the {thing} was ready.", "In the end, {hero} had {a thing}."],
            ["A {friend} liked the {thing} very much.", "Everybody came to see the {thing}."]),
        new("stolen", "angry", Toys,
            ["{Hero} played with {his} {thing}.", "{He} had {a thing} with {him}."],
            ["A {friend} came and took the {thing}.", "Then a {friend} came and wanted the {thing}, too."],
            ["\"That is my {thing},\" said {hero}.", "\"Give it back,\" said {hero}."],
            ["The {friend} did not give the {thing} back.", "But the {friend} ran away with the {thing}."]),
    ];
}
