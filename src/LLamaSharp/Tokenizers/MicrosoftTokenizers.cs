using Engine.Gguf;
using Engine.Tokenizers;

namespace Engine.LLamaSharp.Tokenizers;

/// <summary>The vocabulary of a GGUF file as Microsoft.ML.Tokenizers splits text with it.</summary>
/// <remarks>Special tokens around and inside a text, and the way back from tokens to bytes, are the reference's; what lies
/// between special tokens is split by the library. Its results differ from llama.cpp's and the reference's in these cases:
/// <list type="bullet">
/// <item>byte-level BPE: .NET's regular expressions go by UTF-16 units, so that letters and digits beyond U+FFFF are neither, and
/// by Unicode 16 where llama.cpp has 15.1;</item>
/// <item>SentencePiece BPE and Unigram: of ways with the same score the library takes another one;</item>
/// <item>WordPiece: a tab or line end between two words vanishes and the words grow together; symbols that are neither letters, digits nor punctuation (=, ½, emoji) vanish; a word ends before a spacing mark,
/// and is unknown beyond 100 characters; accents stay where .NET runs without ICU (<c>InvariantGlobalization</c>).</item>
/// </list></remarks>
public static class MicrosoftTokenizers
{
    /// <summary>Reads the vocabulary of a file.</summary>
    /// <param name="path">A GGUF file, with or without weights.</param>
    /// <exception cref="ModelFileException">The file is no GGUF file, or its vocabulary's keys contradict each other.</exception>
    /// <exception cref="UnsupportedRequestException">The library does not support this kind of vocabulary.</exception>
    public static ITokenizer Read(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        Vocabulary vocabulary = Vocabulary.Read(file.Metadata) ?? throw Unsupported(file, "the file has none");
        try
        {
            return vocabulary.Model switch
            {
                "gpt2" => new MicrosoftTokenizer(vocabulary, ByteLevelScheme.Create(vocabulary, file), TokenSpelling.ByteLevel),
                "bert" => new MicrosoftTokenizer(vocabulary, WordPieceScheme.Create(vocabulary), TokenSpelling.SentencePiece),
                "llama" => new MicrosoftTokenizer(vocabulary, SentencePieceModel.Create(vocabulary, file), TokenSpelling.SentencePiece) { IsPrefixed = vocabulary.AddsSpacePrefix },
                "t5" => new MicrosoftTokenizer(vocabulary, SentencePieceModel.Create(vocabulary, file), TokenSpelling.SentencePiece),
                var kind => throw Unsupported(file, $"found '{kind}'"),
            };
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or InvalidDataException)
        {
            throw Unsupported(file, $"the library refuses it: {e.Message}");
        }
    }

    private static UnsupportedRequestException Unsupported(GgufFile file, string found) => new(
        $"Reading the vocabulary of {file.FileName} for Microsoft.ML.Tokenizers: expected byte-level BPE, SentencePiece BPE, Unigram or WordPiece, {found}. Use the reference's tokenizer.");
}
