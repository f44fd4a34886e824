using System.Text;
using System.Text.Unicode;
using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tokenizers;

/// <summary>
/// The vocabulary of a GGUF file (keys <c>tokenizer.ggml.*</c>): texts, scores and kinds of its V tokens, and its special ids.
/// Defaults where a key is absent are llama.cpp's (v0.5.0, <c>src/llama-vocab.cpp</c>).
/// </summary>
internal sealed class Vocabulary
{
    private readonly GgufStrings _tokens;
    private readonly Dictionary<string, int> _ids;

    private Vocabulary(GgufMetadata metadata, string model, GgufStrings tokens)
    {
        (Model, _tokens) = (model, tokens);
        Texts = [.. tokens.Select((text, id) => text.Length == 0 ? $"[EMPTY_{id}]" : text)];
        _ids = new Dictionary<string, int>(Texts.Length, StringComparer.Ordinal);
        for (int id = 0; id < Texts.Length; id++)
        {
            // A token that is a piece of a character is not found in text: its U+FFFD here is not the text's.
            if (Utf8.IsValid(tokens.Bytes(id)))
            {
                _ids.TryAdd(Texts[id], id);
            }
        }
        Scores = ReadScores(metadata, Texts.Length);
        Kinds = ReadKinds(metadata.GetInt32s("tokenizer.ggml.token_type"), Texts.Length);
        RequireLength("scores", Scores.Length);
        RequireLength("token_type", Kinds.Length);

        (int? bos, int? eos) = model switch
        {
            "llama" => (1, 2),
            "gpt2" => (11, 11),
            "bert" => (101, null),
            "t5" => (null, 1),
            _ => ((int?)null, (int?)null),
        };
        BeginningOfSequence = SpecialId(metadata, "bos_token_id", bos);
        EndOfSequence = SpecialId(metadata, "eos_token_id", eos);
        AddsBeginningOfSequence = metadata.GetBool("tokenizer.ggml.add_bos_token") ?? model is "llama" or "bert";
        AddsEndOfSequence = metadata.GetBool("tokenizer.ggml.add_eos_token") ?? model is "t5";
        AddsSpacePrefix = metadata.GetBool("tokenizer.ggml.add_space_prefix") ?? model is "llama" or "t5";

        EndOfGeneration = EndOfGenerationTokens.Find(this, name => SpecialId(metadata, name, null));
        StripAsPhi3(metadata.GetString("general.name") ?? "");
    }

    /// <summary><c>tokenizer.ggml.model</c>: <c>llama</c> (SentencePiece BPE), <c>gpt2</c> (byte-level BPE), <c>bert</c> (WordPiece), <c>t5</c> (Unigram), …</summary>
    public string Model { get; }

    /// <summary>The tokens' own texts, (V).</summary>
    public string[] Texts { get; }

    /// <summary>The larger, the earlier a piece is merged, (V).</summary>
    public float[] Scores { get; }

    /// <summary>What each token is, (V).</summary>
    public TokenKind[] Kinds { get; }

    /// <summary>BOS.</summary>
    public int? BeginningOfSequence { get; }

    /// <summary>EOS.</summary>
    public int? EndOfSequence { get; }

    /// <summary>Whether BOS goes before a text.</summary>
    public bool AddsBeginningOfSequence { get; }

    /// <summary>Whether EOS goes behind a text.</summary>
    public bool AddsEndOfSequence { get; }

    /// <summary>Whether a blank goes before a text, and before text that follows a special token.</summary>
    public bool AddsSpacePrefix { get; }

    /// <summary>The tokens at which generation ends.</summary>
    public IReadOnlySet<int> EndOfGeneration { get; }

    /// <summary>Reads the vocabulary of a file.</summary>
    /// <returns>Null where the file says that it has none.</returns>
    /// <exception cref="ModelFileException">The keys contradict each other.</exception>
    public static Vocabulary? Read(GgufMetadata metadata)
    {
        string model = metadata.RequireString("tokenizer.ggml.model");
        return model is "none" or "no_vocab"
            ? null
            : new Vocabulary(metadata, model, metadata.RequireStrings("tokenizer.ggml.tokens"));
    }

    /// <summary>The token's own text as the file's bytes, which need not be whole characters.</summary>
    public ReadOnlySpan<byte> Bytes(int id) =>
        _tokens.Bytes(id) is { IsEmpty: false } bytes ? bytes : Encoding.UTF8.GetBytes(Texts[id]);

    /// <summary>The id of a token by its text; -1 where there is none.</summary>
    public int Find(ReadOnlySpan<char> text) =>
        _ids.GetAlternateLookup<ReadOnlySpan<char>>().TryGetValue(text, out int id) ? id : -1;

    private static float[] ReadScores(GgufMetadata metadata, int count)
    {
        const string key = "tokenizer.ggml.scores";
        return metadata[key] is { ElementType: GgufValueType.Int32 }
            ? [.. metadata.GetInt32s(key)!.Select(score => (float)score)]
            : [.. metadata.GetFloat32s(key) ?? new float[count]];
    }

    private static TokenKind[] ReadKinds(IReadOnlyList<int>? types, int count)
    {
        if (types is null)
        {
            return [.. Enumerable.Repeat(TokenKind.Normal, count)];
        }
        // llama_token_type of llama.h, in its order.
        ReadOnlySpan<TokenKind> kinds =
        [
            TokenKind.Undefined, TokenKind.Normal, TokenKind.Unknown, TokenKind.Control, TokenKind.UserDefined, TokenKind.Unused, TokenKind.Byte,
        ];
        var read = new TokenKind[types.Count];
        for (int id = 0; id < read.Length; id++)
        {
            read[id] = types[id] >= 0 && types[id] < kinds.Length ? kinds[types[id]] : TokenKind.Undefined;
        }
        return read;
    }

    private void RequireLength(string key, int length)
    {
        if (length < Texts.Length)
        {
            throw new ModelFileException($"Reading the vocabulary: expected {Texts.Length} values in 'tokenizer.ggml.{key}', one per token, found {length}. Convert the model again.");
        }
    }

    // An id beyond the vocabulary is no id: the default stands, where it is one.
    private int? SpecialId(GgufMetadata metadata, string name, int? absent)
    {
        uint? given = metadata.GetUInt32("tokenizer.ggml." + name);
        return given < Texts.Length ? (int)given : absent < Texts.Length ? absent : null;
    }

    // The one family whose special tokens swallow blanks; files do not say so themselves.
    private void StripAsPhi3(string name)
    {
        if (!name.Contains("phi-3", StringComparison.OrdinalIgnoreCase) && !name.Contains("phi3", StringComparison.OrdinalIgnoreCase))
        {
            return;
        }
        for (int id = 0; id < Texts.Length; id++)
        {
            bool special = (Kinds[id] & (TokenKind.Control | TokenKind.UserDefined | TokenKind.Unknown)) != 0 || Texts[id] == "</s>";
            Kinds[id] |= special && Texts[id] is not ("<unk>" or "<s>" or "<|endoftext|>") ? TokenKind.StripsRight : 0;
        }
    }
}
