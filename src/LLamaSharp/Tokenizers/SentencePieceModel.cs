using Engine.Gguf;
using Google.Protobuf;
using Microsoft.ML.Tokenizers;
using Engine.Tokenizers;

namespace Engine.LLamaSharp.Tokenizers;

/// <summary>A vocabulary as the library wants it: a SentencePiece model (ModelProto of google/sentencepiece,
/// src/sentencepiece_model.proto), BPE or Unigram.</summary>
internal static class SentencePieceModel
{
    private const int Unigram = 1;
    private const int Bpe = 2;

    public static Func<string, IReadOnlyList<int>> Create(Vocabulary vocabulary, GgufFile file)
    {
        bool isUnigram = vocabulary.Model == "t5";
        using var stream = new MemoryStream();
        using (var model = new CodedOutputStream(stream, leaveOpen: true))
        {
            for (int token = 0; token < vocabulary.Count; token++)
            {
                int id = token;
                Message(model, 1, piece =>
                {
                    Text(piece, 1, vocabulary.Text(id));
                    piece.WriteTag(2, WireFormat.WireType.Fixed32);
                    piece.WriteFloat(vocabulary.Scores[id]);
                    Number(piece, 3, Type(vocabulary.AttributesInFile[id]));
                });
            }
            Message(model, 2, trainer =>
            {
                Number(trainer, 3, isUnigram ? Unigram : Bpe);
                Number(trainer, 35, isUnigram ? 0 : 1); // byte_fallback
                Number(trainer, 40, vocabulary.Unknown ?? 0);
                Number(trainer, 41, vocabulary.BeginningOfSequence ?? 1);
                Number(trainer, 42, vocabulary.EndOfSequence ?? 2);
                Text(trainer, 45, vocabulary.Text(vocabulary.Unknown ?? 0));
                Text(trainer, 46, vocabulary.Text(vocabulary.BeginningOfSequence ?? 1));
                Text(trainer, 47, vocabulary.Text(vocabulary.EndOfSequence ?? 2));
            });
            Message(model, 3, normalizer =>
            {
                if (file.Metadata.GetBytes("tokenizer.ggml.precompiled_charsmap") is { } map)
                {
                    normalizer.WriteTag(2, WireFormat.WireType.LengthDelimited);
                    normalizer.WriteBytes(ByteString.CopyFrom(map));
                }
                // BPE: whether a text gets its leading space depends on what comes before it, which the library does not know.
                Number(normalizer, 3, isUnigram && vocabulary.AddsSpacePrefix ? 1 : 0);
                Number(normalizer, 4, vocabulary.RemovesExtraWhitespace ? 1 : 0);
                Number(normalizer, 5, 1); // blanks are ▁
            });
        }
        stream.Position = 0;
        SentencePieceTokenizer tokenizer = SentencePieceTokenizer.Create(stream, addBeginningOfSentence: false, addEndOfSentence: false);
        return text => tokenizer.EncodeToIds(text);
    }

    private static int Type(TokenAttributes attributes) => attributes switch
    {
        TokenAttributes.Unknown => 2,
        TokenAttributes.Control => 3,
        TokenAttributes.UserDefined => 4,
        TokenAttributes.Unused => 5,
        TokenAttributes.Byte => 6,
        _ => 1,
    };

    private static void Message(CodedOutputStream output, int field, Action<CodedOutputStream> write)
    {
        using var inner = new MemoryStream();
        using (var message = new CodedOutputStream(inner, leaveOpen: true))
        {
            write(message);
        }
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(ByteString.CopyFrom(inner.GetBuffer(), 0, (int)inner.Length));
    }

    private static void Text(CodedOutputStream output, int field, string text)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteString(text);
    }

    private static void Number(CodedOutputStream output, int field, int number)
    {
        output.WriteTag(field, WireFormat.WireType.Varint);
        output.WriteInt32(number);
    }
}
