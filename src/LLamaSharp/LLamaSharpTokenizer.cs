using System.Text;
using Engine.Gguf;
using Engine.LlamaCpp;
using LLama.Native;

namespace Engine.LLamaSharp;

/// <summary>A vocabulary through LLamaSharp.</summary>
/// <param name="model">The loaded model.</param>
/// <param name="name">Its name, for messages.</param>
/// <param name="metadata">Its file's.</param>
/// <param name="throwIfFailed">Throws if the model has failed.</param>
internal sealed class LLamaSharpTokenizer(SafeLlamaModelHandle model, string name, GgufMetadata metadata, Action throwIfFailed)
    : LlamaTokenizer(model, name, metadata, Traits(model.Vocab), throwIfFailed)
{
    // LLamaSharp does not expose a token's own text, so it is read from the file.
    private readonly GgufStrings? _pieces = metadata.GetStrings(GgufKeys.Tokens);

    protected override int[] Split(byte[] utf8, bool addSpecial, bool parseSpecial) =>
        Array.ConvertAll(model.Tokenize(Encoding.UTF8.GetString(utf8), addSpecial, parseSpecial, Encoding.UTF8), token => (int)token);

    protected override byte[] ReadBytes(int token)
    {
        byte[] bytes = new byte[64];
        uint length = model.TokenToSpan(token, bytes);
        if (length > bytes.Length)
        {
            bytes = new byte[length];
            length = model.TokenToSpan(token, bytes);
        }
        return bytes[..(int)length];
    }

    protected override string ReadPiece(int token) => _pieces?[token] switch
    {
        null => "",
        "" => $"[EMPTY_{token}]", // as llama.cpp names it
        var piece => piece,
    };

    private static VocabularyTraits Traits(SafeLlamaModelHandle.Vocabulary vocabulary) => new(vocabulary.Count, (int?)vocabulary.BOS, (int?)vocabulary.EOS)
    {
        Separator = (int?)vocabulary.SEP,
        IsWordPiece = vocabulary.Type == LLamaVocabType.WordPiece,
        AddsBeginning = vocabulary.ShouldAddBOS,
        AddsEnd = vocabulary.ShouldAddEOS,
        Ends = token => ((LLamaToken)token).IsEndOfGeneration(vocabulary),
    };
}
