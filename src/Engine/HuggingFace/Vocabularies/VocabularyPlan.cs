using Engine.Gguf;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>A vocabulary under llama.cpp's keys <c>tokenizer.ggml.*</c>.</summary>
/// <param name="Model"><c>gpt2</c> (byte-level BPE), <c>llama</c> (SentencePiece's BPE), <c>bert</c> (WordPiece) or <c>t5</c> (Unigram).</param>
/// <param name="Tokens">The tokens by id.</param>
internal sealed record VocabularyPlan(string Model, VocabularyTokens Tokens)
{
    /// <summary>llama.cpp's name for how byte-level BPE splits words.</summary>
    public string? Pre { get; init; }

    /// <summary>The merges of byte-level BPE, each as "left right".</summary>
    public IReadOnlyList<string>? Merges { get; init; }

    /// <summary>SentencePiece's order of merges, or Unigram's log-probabilities.</summary>
    public float[]? Scores { get; init; }

    /// <summary>SentencePiece's normalization map.</summary>
    public byte[]? CharacterMap { get; init; }

    /// <summary>Whether a blank is put before a text.</summary>
    public bool? AddsSpacePrefix { get; init; }

    /// <summary>Whether consecutive blanks count as one.</summary>
    public bool? RemovesExtraWhitespace { get; init; }

    /// <summary>WordPiece: whether letters are converted to lower case.</summary>
    public bool? Lowercases { get; init; }

    /// <summary>WordPiece: whether accents are removed.</summary>
    public bool? StripsAccents { get; init; }

    /// <summary>The token for text that the vocabulary cannot spell.</summary>
    public int? Unknown { get; init; }

    /// <summary>The special tokens before and after a text.</summary>
    public required SurroundingTokens Around { get; init; }

    /// <summary>Sets the keys.</summary>
    /// <param name="writer">Writes the file.</param>
    /// <param name="special">The ids named by other files of the folder.</param>
    /// <param name="rows">The number of rows of the model's embedding; 0 for as many as there are tokens.</param>
    /// <exception cref="ModelFileException">The vocabulary is larger than the embedding, or special tokens contradict each other.</exception>
    public void AddTo(GgufWriter writer, FolderSpecialTokenIds special, int rows = 0)
    {
        writer.SetMetadata(GgufKeys.TokenizerModel, Model);
        Set(GgufKeys.TokenizerPre, Pre);
        (string[] texts, int[] kinds) = Tokens.Padded(rows);
        writer.SetMetadata(GgufKeys.Tokens, texts);
        writer.SetMetadata(GgufKeys.TokenTypes, kinds);
        if (Scores is not null)
        {
            // As converters do: the tokens that fill up the embedding are less likely than any other.
            const float Least = -10_000;
            writer.SetMetadata(GgufKeys.Scores, [.. Scores, .. Enumerable.Repeat(Least, texts.Length - Scores.Length)]);
        }
        if (Merges is not null)
        {
            writer.SetMetadata(GgufKeys.Merges, Merges);
        }
        if (CharacterMap is { Length: > 0 })
        {
            writer.SetMetadata("tokenizer.ggml.precompiled_charsmap", CharacterMap);
        }
        Flag(GgufKeys.AddSpacePrefix, AddsSpacePrefix);
        Flag("tokenizer.ggml.remove_extra_whitespaces", RemovesExtraWhitespace);
        Flag("tokenizer.ggml.normalizer.lowercase", Lowercases);
        Flag("tokenizer.ggml.normalizer.strip_accents", StripsAccents);
        SetSpecial(writer, special);

        void Set(string key, string? value)
        {
            if (value is not null)
            {
                writer.SetMetadata(key, value);
            }
        }

        void Flag(string key, bool? value)
        {
            if (value is { } flag)
            {
                writer.SetMetadata(key, flag);
            }
        }
    }

    private void SetSpecial(GgufWriter writer, FolderSpecialTokenIds special)
    {
        bool isWordPiece = Model == "bert"; // always puts a text between [CLS] and [SEP], whatever the flags say
        int? before = Around.Before, after = Around.After;
        Id(GgufKeys.BosToken, before ?? (isWordPiece ? special.Classification : special.BeginningOfSequence));
        Id(GgufKeys.SeparatorToken, isWordPiece ? after ?? special.Separator : special.Separator);
        Id(GgufKeys.EosToken, isWordPiece ? special.EndOfSequence : after ?? special.EndOfSequence);
        Id(GgufKeys.UnknownToken, Unknown ?? special.Unknown);
        Id(GgufKeys.PaddingToken, special.Padding);
        Id(GgufKeys.ClassificationToken, special.Classification);
        Id(GgufKeys.MaskToken, special.Mask);
        Id("tokenizer.ggml.eot_token_id", special.EndOfTurn);
        Id("tokenizer.ggml.eom_token_id", special.EndOfMessage);
        if (!isWordPiece)
        {
            writer.SetMetadata(GgufKeys.AddBos, before is not null);
            writer.SetMetadata(GgufKeys.AddEos, after is not null);
        }

        void Id(string key, int? id)
        {
            if (id is { } token)
            {
                writer.SetMetadata(key, (uint)token < (uint)Tokens.Texts.Length ? (uint)token
                    : throw new ModelFileException($"Importing the vocabulary: expected ids up to {Tokens.Texts.Length - 1}, found {token} as '{key}'. Correct the tokenizer's files."));
            }
        }
    }
}

/// <summary>The special tokens that go before and after a text.</summary>
internal sealed record SurroundingTokens(int? Before, int? After);
