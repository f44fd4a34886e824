namespace Engine.Tokenizers.Merging;

/// <summary>Which neighbours a vocabulary merges.</summary>
internal interface IMergeRule
{
    /// <summary>What two neighbours become; <see cref="Merge.None"/> where they stay apart. A function of the two alone.</summary>
    Merge Join(Symbol left, Symbol right);
}
