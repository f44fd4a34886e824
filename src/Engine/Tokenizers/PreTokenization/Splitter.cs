using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>One step of a pre-tokenizer: cuts a piece of text into smaller ones, as one regular expression would whose
/// matches and gaps are the new pieces.</summary>
internal abstract class Splitter
{
    /// <summary>Cuts one piece.</summary>
    /// <param name="points">The code points of the text, up to the piece's end; what lies after is out of sight.</param>
    /// <param name="flags">What each of them is.</param>
    /// <param name="start">Where the piece begins.</param>
    /// <param name="ends">Where the ends of the new pieces go, the piece's own end last.</param>
    public abstract void Split(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int start, List<int> ends);
}
