using System.Text;
using System.Text.Json;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>Reads a tokenizer.model, SentencePiece's own format (sentencepiece_model.proto), with BPE or Unigram.</summary>
internal static class SentencePieceFile
{
    // The field numbers of ModelProto and its parts.
    private const int Pieces = 1, Trainer = 2, Normalizer = 3;

    // SentencePiece's ModelType and llama.cpp's kinds of tokens are numbered alike, from NORMAL = 1 to BYTE = 6.
    private const int UnigramType = 1, BpeType = 2;

    /// <summary>Reads a file.</summary>
    /// <param name="bytes">The file.</param>
    /// <param name="added">An object with the tokens that were added later (<c>added_tokens</c>).</param>
    /// <param name="around">The special tokens before and after a text, according to transformers' classes.</param>
    /// <param name="notes">Receives notes for the user.</param>
    /// <exception cref="ModelFileException">It is not such a file, or of another type.</exception>
    public static VocabularyPlan Read(ReadOnlySpan<byte> bytes, JsonElement added, Func<VocabularyTokens, SurroundingTokens> around, List<string> notes)
    {
        var pieces = new List<(string Text, float Score, int Kind)>();
        int type = UnigramType;
        (byte[] map, bool prefix, bool merges) = ([], true, true);
        var fields = new ProtobufFields(bytes);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case Pieces: pieces.Add(Piece(fields.Bytes)); break;
                case Trainer: type = ModelType(fields.Bytes); break;
                case Normalizer: (map, prefix, merges) = Normalization(fields.Bytes); break;
                default: break; // its own test samples, and the denormalizer
            }
        }
        if (type is not (UnigramType or BpeType) || pieces.Count == 0)
        {
            throw new ModelFileException($"Reading tokenizer.model: expected pieces of the type BPE or Unigram, found {pieces.Count} of type {type}.");
        }
        bool isBpe = type == BpeType;
        VocabularyTokens tokens = Tokens(pieces, added, notes);
        int unknown = Array.IndexOf(tokens.Kinds, VocabularyTokens.Unknown);
        return new VocabularyPlan(isBpe ? "llama" : "t5", tokens)
        {
            Pre = "default",
            Scores = [.. pieces.Select(piece => piece.Score), .. Enumerable.Repeat(0f, tokens.Texts.Length - pieces.Count)],
            CharacterMap = isBpe ? RequireNoMap(map, notes) : map,
            AddsSpacePrefix = prefix,
            RemovesExtraWhitespace = isBpe ? null : merges,
            Unknown = unknown >= 0 ? unknown : null,
            Around = around(tokens),
        };
    }

    // llama.cpp's BPE normalizes nothing. LLaMA's map is the identity; any other is reported.
    private static byte[]? RequireNoMap(byte[] map, List<string> notes)
    {
        if (map.Length > 0)
        {
            notes.Add("The vocabulary has a map by which characters are normalized before BPE (NFKC, as a rule); llama.cpp's BPE has none, so texts with such characters are split differently.");
        }
        return null;
    }

    private static VocabularyTokens Tokens(List<(string Text, float Score, int Kind)> pieces, JsonElement added, List<string> notes)
    {
        VocabularyTokens tokens = AddedTokens.Read(pieces.Select((piece, id) => (piece.Text, id)), added, notes);
        for (int id = 0; id < pieces.Count; id++)
        {
            // tokenizer_config.json decides what a piece is: Gemma's marks of turns are control tokens, though the model lists them as user-defined ones.
            bool isSaid = tokens.Kinds[id] == VocabularyTokens.Control && pieces[id].Kind is (VocabularyTokens.Normal or VocabularyTokens.UserDefined);
            tokens.Kinds[id] = isSaid ? VocabularyTokens.Control : pieces[id].Kind;
        }
        return tokens.Respelled((text, kind) => kind == VocabularyTokens.UserDefined ? text.Replace('▁', ' ') : text);
    }

    private static (string Text, float Score, int Kind) Piece(ReadOnlySpan<byte> message)
    {
        (string Text, float Score, int Kind) piece = ("", 0, VocabularyTokens.Normal);
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 1: piece.Text = Encoding.UTF8.GetString(fields.Bytes); break;
                case 2: piece.Score = fields.Float; break;
                case 3: piece.Kind = fields.Value is >= 1 and <= 6 ? (int)fields.Value : VocabularyTokens.Normal; break;
                default: break;
            }
        }
        return piece;
    }

    private static int ModelType(ReadOnlySpan<byte> message)
    {
        int type = UnigramType;
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            type = fields.Number == 3 ? (int)fields.Value : type;
        }
        return type;
    }

    private static (byte[] Map, bool Prefix, bool Merges) Normalization(ReadOnlySpan<byte> message)
    {
        (byte[] map, bool prefix, bool merges) = ([], true, true);
        var fields = new ProtobufFields(message);
        while (fields.Next())
        {
            switch (fields.Number)
            {
                case 2: map = fields.Bytes.ToArray(); break;
                case 3: prefix = fields.Value != 0; break;
                case 4: merges = fields.Value != 0; break;
                default: break;
            }
        }
        return (map, prefix, merges);
    }
}
