namespace Engine.Tokenizers.Merging;

/// <summary>What two neighbours become.</summary>
/// <param name="Order">Merges of smaller order go first.</param>
/// <param name="Piece">The number of the merged piece.</param>
internal readonly record struct Merge(uint Order, int Piece)
{
    /// <summary>They stay apart.</summary>
    public static readonly Merge None = new(uint.MaxValue, -1);
}
