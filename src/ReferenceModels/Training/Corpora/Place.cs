namespace ReferenceModels.Training.Corpora;

/// <summary>Where a story happens.</summary>
/// <param name="Name">With its article: <c>the garden</c>.</param>
/// <param name="At">The preposition for being there.</param>
/// <param name="Spot">Where something lies in it.</param>
/// <param name="Things">Things that may be found there, without articles.</param>
internal sealed record Place(string Name, string At, string Spot, params IReadOnlyList<string> Things)
{
    /// <summary>All places.</summary>
    public static IReadOnlyList<Place> All { get; } =
    [
        new("the garden", "in", "under a bush", "red flower", "sweet apple", "green snail"),
        new("the forest", "in", "behind a tree", "golden leaf", "big mushroom", "sweet berry"),
        new("the park", "in", "under a bench", "red ball", "lost kite", "shiny coin"),
        new("the river", "by", "behind a rock", "silver fish", "little boat", "round stone"),
        new("the lake", "by", "in the grass", "white feather", "little boat", "round stone"),
        new("the beach", "on", "in the sand", "white shell", "blue bottle", "shiny coin"),
        new("the hill", "on", "in the grass", "old key", "white feather", "round stone"),
        new("the farm", "on", "under the hay", "brown egg", "sweet apple", "old hat"),
        new("the field", "in", "in the grass", "yellow flower", "old hat", "red ball"),
        new("the market", "at", "under a table", "shiny coin", "warm cake", "old book"),
        new("the old house", "in", "behind a door", "old book", "small lamp", "old key"),
        new("the village", "in", "behind a wall", "small lamp", "lost kite", "old hat"),
    ];
}
