using System.Runtime.CompilerServices;
using System.Text;
using Engine.Gguf;

namespace Engine.Tokenizers;

/// <summary>
/// The vocabulary of a GGUF file (keys <c>tokenizer.ggml.*</c>): texts, scores and attributes of its V tokens, and its special ids.
/// The defaults of absent keys are llama.cpp's (v0.5.0, <c>src/llama-vocab.cpp</c>).
/// </summary>
internal sealed class Vocabulary
{
    private readonly TokenTable _tokens;

    private Vocabulary(GgufMetadata metadata, string model, GgufStrings tokens)
    {
        (Model, Pre) = (model, metadata.GetString(GgufKeys.TokenizerPre) ?? "");
        _tokens = ReadTokens(metadata, tokens);
        Scores = ReadScores(metadata, Count);
        Attributes = ReadAttributes(metadata.GetInt32s(GgufKeys.TokenTypes), Count);
        RequireLength("scores", Scores.Length);
        RequireLength("token_type", Attributes.Length);
        AttributesInFile = [.. Attributes];

        VocabularyDefaults defaults = VocabularyDefaults.For(model, Pre);
        BeginningOfSequence = SpecialId(metadata, "bos_token_id", defaults.BeginningOfSequence);
        EndOfSequence = SpecialId(metadata, "eos_token_id", defaults.EndOfSequence);
        Unknown = SpecialId(metadata, "unknown_token_id", defaults.Unknown);
        Separator = SpecialId(metadata, "seperator_token_id", defaults.Separator);
        AddsBeginningOfSequence = metadata.GetBool(GgufKeys.AddBos) ?? defaults.AddsBeginningOfSequence;
        AddsEndOfSequence = metadata.GetBool("tokenizer.ggml.add_eos_token") ?? defaults.AddsEndOfSequence;
        AddsSpacePrefix = metadata.GetBool(GgufKeys.AddSpacePrefix) ?? defaults.AddsSpacePrefix;
        RemovesExtraWhitespace = metadata.GetBool("tokenizer.ggml.remove_extra_whitespaces") ?? false;
        Lowercases = metadata.GetBool("tokenizer.ggml.normalizer.lowercase") ?? true;
        StripsAccents = metadata.GetBool("tokenizer.ggml.normalizer.strip_accents") ?? Lowercases;

        EndOfGeneration = EndOfGenerationTokens.Find(this, name => SpecialId(metadata, name, null));
        BlankStripping.Mark(this, metadata);
    }

    /// <summary><c>tokenizer.ggml.model</c>: <c>llama</c> (SentencePiece BPE), <c>gpt2</c> (byte-level BPE), <c>bert</c> (WordPiece), <c>t5</c> (Unigram), …</summary>
    public string Model { get; }

    /// <summary>Whether it is WordPiece.</summary>
    public bool IsWordPiece => Model == "bert";

    /// <summary><c>tokenizer.ggml.pre</c>: how byte-level BPE cuts a text into words; empty if the file does not say.</summary>
    public string Pre { get; }

    /// <summary>V.</summary>
    public int Count => _tokens.Count;

    /// <summary>The longest token's bytes.</summary>
    public int LongestBytes => _tokens.LongestBytes;

    /// <summary>(V). SentencePiece: the larger the score, the earlier a piece is merged. Unigram: log-probabilities.</summary>
    public float[] Scores { get; }

    /// <summary>What each token is, (V).</summary>
    public TokenAttributes[] Attributes { get; }

    /// <summary>What each token is according to the file alone, not by its text, (V).</summary>
    public IReadOnlyList<TokenAttributes> AttributesInFile { get; }

    /// <summary>BOS.</summary>
    public int? BeginningOfSequence { get; }

    /// <summary>EOS.</summary>
    public int? EndOfSequence { get; }

    /// <summary>The token for text that the vocabulary cannot spell.</summary>
    public int? Unknown { get; }

    /// <summary>SEP.</summary>
    public int? Separator { get; }

    /// <summary>Whether BOS goes before a text.</summary>
    public bool AddsBeginningOfSequence { get; }

    /// <summary>Whether EOS goes after a text.</summary>
    public bool AddsEndOfSequence { get; }

    /// <summary>Whether a blank goes before a text, and before text that follows a special token.</summary>
    public bool AddsSpacePrefix { get; }

    /// <summary>Unigram: whether consecutive blanks count as one, and those at the end as none.</summary>
    public bool RemovesExtraWhitespace { get; }

    /// <summary>WordPiece: whether letters are converted to lower case.</summary>
    public bool Lowercases { get; }

    /// <summary>WordPiece: whether accents are removed.</summary>
    public bool StripsAccents { get; }

    /// <summary>The tokens at which generation ends.</summary>
    public IReadOnlySet<int> EndOfGeneration { get; }

    /// <summary>Reads the vocabulary of a file.</summary>
    /// <returns>Null if the file says that it has none.</returns>
    /// <exception cref="ModelFileException">The keys are inconsistent.</exception>
    public static Vocabulary? Read(GgufMetadata metadata)
    {
        string model = metadata.RequireString(GgufKeys.TokenizerModel);
        return model is "none" or "no_vocab"
            ? null
            : new Vocabulary(metadata, model, metadata.RequireStrings(GgufKeys.Tokens));
    }

    /// <summary>The token's own text in UTF-8, which may contain incomplete characters.</summary>
    public ReadOnlySpan<byte> Bytes(int id) => _tokens[id];

    /// <summary>The token's own text.</summary>
    public string Text(int id) => Encoding.UTF8.GetString(_tokens[id]);

    /// <summary>The id of a token by its text; -1 if there is none.</summary>
    public int Find(ReadOnlySpan<byte> utf8) => _tokens.Find(utf8);

    /// <summary>The id of a token by its text; -1 if there is none.</summary>
    public int Find(string text) => _tokens.Find(Encoding.UTF8.GetBytes(text));

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    private static TokenTable ReadTokens(GgufMetadata metadata, GgufStrings tokens)
    {
        var table = new TokenTable(tokens.Count, tokens.Count * 8);
        for (int id = 0; id < tokens.Count; id++)
        {
            ReadOnlySpan<byte> text = tokens.Bytes(id);
            if (table.Add(text.IsEmpty ? Encoding.UTF8.GetBytes($"[EMPTY_{id}]") : text) != id)
            {
                throw metadata.Refuse(GgufKeys.Tokens, "each token once", $"'{tokens[id]}' again as {id}");
            }
        }
        return table;
    }

    private static float[] ReadScores(GgufMetadata metadata, int count) =>
        metadata[GgufKeys.Scores] is { ElementType: GgufValueType.Int32 }
            ? [.. metadata.GetInt32s(GgufKeys.Scores)!.Select(score => (float)score)]
            : [.. metadata.GetFloat32s(GgufKeys.Scores) ?? new float[count]];

    [MethodImpl(MethodImplOptions.AggressiveOptimization)] // a loop over the vocabulary, once: no time for tiers
    private static TokenAttributes[] ReadAttributes(IReadOnlyList<int>? types, int count)
    {
        if (types is null)
        {
            return [.. Enumerable.Repeat(TokenAttributes.Normal, count)];
        }
        // llama_token_type of llama.h, in its order.
        ReadOnlySpan<TokenAttributes> attributes =
        [
            TokenAttributes.Undefined, TokenAttributes.Normal, TokenAttributes.Unknown, TokenAttributes.Control, TokenAttributes.UserDefined, TokenAttributes.Unused, TokenAttributes.Byte,
        ];
        var read = new TokenAttributes[types.Count];
        for (int id = 0; id < read.Length; id++)
        {
            read[id] = types[id] >= 0 && types[id] < attributes.Length ? attributes[types[id]] : TokenAttributes.Undefined;
        }
        return read;
    }

    private void RequireLength(string key, int length)
    {
        if (length < Count)
        {
            throw new ModelFileException($"Reading the vocabulary: expected {Count} values in 'tokenizer.ggml.{key}', one per token, found {length}. Convert the model again.");
        }
    }

    // An id beyond the vocabulary is ignored in favour of the default, if that is inside it.
    private int? SpecialId(GgufMetadata metadata, string name, int? absent)
    {
        uint? given = metadata.GetUInt32("tokenizer.ggml." + name);
        return given < Count ? (int)given : absent < Count ? absent : null;
    }
}
