using System.Text;
using Engine.Gguf;
using Microsoft.ML.Tokenizers;
using Engine.Tokenizers;

namespace Engine.LLamaSharp.Tokenizers;

/// <summary>Byte-level BPE: Tiktoken, where a word that is a token is that token however its merges go, because there the ids are the
/// ranks of the merges; else BPE by the file's merges.</summary>
internal static class ByteLevelScheme
{
    /// <exception cref="UnsupportedRequestException">The words are not cut by patterns that are known here.</exception>
    public static Func<string, IReadOnlyList<int>> Create(Vocabulary vocabulary, GgufFile file)
    {
        var words = new WordPatterns(vocabulary.Pre);
        Tokenizer tokenizer = Engine.Tokenizers.PreTokenization.PreTokenizer.Find(vocabulary.Pre) is { IgnoresMerges: true }
            ? TiktokenTokenizer.Create(Ranks(vocabulary), words, normalizer: null)
            : BpeTokenizer.Create(new BpeOptions(Texts(vocabulary)) { Merges = file.Metadata.RequireStrings(GgufKeys.Merges), ByteLevel = true, PreTokenizer = words });
        return text => tokenizer.EncodeToIds(text);
    }

    private static IEnumerable<KeyValuePair<string, int>> Texts(Vocabulary vocabulary) =>
        Enumerable.Range(0, vocabulary.Count).Select(token => KeyValuePair.Create(vocabulary.Text(token), token));

    // A line for each token: its bytes in base 64, and its id.
    private static MemoryStream Ranks(Vocabulary vocabulary)
    {
        var lines = new StringBuilder();
        for (int token = 0; token < vocabulary.Count; token++)
        {
            ReadOnlySpan<byte> text = vocabulary.Bytes(token);
            byte[] bytes = new byte[text.Length];
            int length = (vocabulary.Attributes[token] & TokenAttributes.CutOut) == 0 ? ByteAlphabet.Decode(text, bytes) : -1;
            if (length > 0)
            {
                lines.Append(Convert.ToBase64String(bytes, 0, length)).Append(' ').Append(token).Append('\n');
            }
        }
        return new MemoryStream(Encoding.ASCII.GetBytes(lines.ToString()));
    }
}
