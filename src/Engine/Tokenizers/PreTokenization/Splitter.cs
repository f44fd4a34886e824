using Engine.Tokenizers.Unicode;

namespace Engine.Tokenizers.PreTokenization;

/// <summary>One step of a pre-tokenizer: cuts a piece of text into smaller ones, like a regular expression whose
/// matches and gaps are the new pieces.</summary>
internal abstract class Splitter
{
    /// <summary>Cuts one piece.</summary>
    /// <param name="points">The code points of the text, up to the piece's end, beyond which nothing is visible.</param>
    /// <param name="flags">The flags of each code point.</param>
    /// <param name="start">Where the piece begins.</param>
    /// <param name="ends">Receives the ends of the new pieces, the piece's own end last.</param>
    public abstract void Split(ReadOnlySpan<int> points, ReadOnlySpan<CodePointFlags> flags, int start, List<int> ends);
}
