using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers;

/// <summary>Arrays that are reused from one call of byte-level BPE to the next.</summary>
internal sealed class BytePairWorkspace
{
    /// <summary>The text as code points.</summary>
    public CodePointText Text { get; } = new();

    /// <summary>Where words end.</summary>
    public List<int> Ends { get; } = [];

    /// <summary>Where the words of the previous step ended.</summary>
    public List<int> Spare { get; } = [];
}
