using System.Text.RegularExpressions;
using Microsoft.ML.Tokenizers;

namespace Engine.LLamaSharp.Tokenizers;

/// <summary>Cuts a text into words by the regular expressions of a vocabulary (<c>tokenizer.ggml.pre</c>), one after the other, each
/// over the pieces of the one before; what none of its matches holds is a piece, too.</summary>
internal sealed partial class WordPatterns : PreTokenizer
{
    private readonly Regex[] _patterns;

    /// <exception cref="UnsupportedRequestException">The name is not among those known here.</exception>
    public WordPatterns(string name) => _patterns = name switch
    {
        "gpt-2" or "mpt" or "olmo" or "jais" or "phi-2" or "roberta-bpe" => [Gpt2],
        "llama-bpe" or "llama3" or "llama-v3" or "dbrx" or "smaug-bpe" => [Llama3],
        "qwen2" or "deepseek-r1-qwen" or "stablelm2" => [Qwen2],
        "starcoder" or "refact" or "command-r" or "smollm" => [Digit, Gpt2],
        "falcon" => [FalconPunctuation, Gpt2, ThreeDigits],
        _ => throw new UnsupportedRequestException(
            $"Cutting text into words for Microsoft.ML.Tokenizers: expected the pre-tokenizer of GPT-2, Llama 3, Qwen 2, StarCoder or Falcon in 'tokenizer.ggml.pre', found '{name}'. Use the reference's tokenizer."),
    };

    // GPT-2, src/encoder.py.
    [GeneratedRegex(@"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Gpt2 { get; }

    // Llama 3, tokenizer.py: up to three digits together.
    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Llama3 { get; }

    [GeneratedRegex(@"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", RegexOptions.CultureInvariant)]
    private static partial Regex Qwen2 { get; }

    [GeneratedRegex(@"\p{N}", RegexOptions.CultureInvariant)]
    private static partial Regex Digit { get; }

    [GeneratedRegex(@"[\p{P}$+<=>^~|`]+", RegexOptions.CultureInvariant)]
    private static partial Regex FalconPunctuation { get; }

    [GeneratedRegex("[0-9][0-9][0-9]", RegexOptions.CultureInvariant)]
    private static partial Regex ThreeDigits { get; }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(string text)
    {
        IEnumerable<(int Offset, int Length)> pieces = [(0, text.Length)];
        foreach (Regex pattern in _patterns)
        {
            pieces = pieces.SelectMany(piece => Cut(text, piece.Offset, piece.Length, pattern));
        }
        return pieces;
    }

    /// <inheritdoc/>
    public override IEnumerable<(int Offset, int Length)> PreTokenize(ReadOnlySpan<char> text) => PreTokenize(text.ToString());

    private static IEnumerable<(int, int)> Cut(string text, int offset, int length, Regex pattern)
    {
        int start = 0;
        string piece = text.Substring(offset, length); // what lies around it must not be seen by (?!\S)
        foreach (Match match in pattern.Matches(piece))
        {
            if (match.Index > start)
            {
                yield return (offset + start, match.Index - start);
            }
            yield return (offset + match.Index, match.Length);
            start = match.Index + match.Length;
        }
        if (start < length)
        {
            yield return (offset + start, length - start);
        }
    }
}
