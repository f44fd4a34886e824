using Engine.Tokenizers.PreTokenization;

namespace Engine.Tokenizers;

/// <summary>llama.cpp's defaults for absent keys (v0.5.0, <c>src/llama-vocab.cpp</c>), one set for each kind of vocabulary.</summary>
internal sealed record VocabularyDefaults
{
    /// <summary>BOS.</summary>
    public int? BeginningOfSequence { get; init; }

    /// <summary>EOS.</summary>
    public int? EndOfSequence { get; init; }

    /// <summary>The unknown token.</summary>
    public int? Unknown { get; init; }

    /// <summary>SEP.</summary>
    public int? Separator { get; init; }

    /// <summary>Whether BOS goes before a text.</summary>
    public bool AddsBeginningOfSequence { get; init; }

    /// <summary>Whether EOS goes after a text.</summary>
    public bool AddsEndOfSequence { get; init; }

    /// <summary>Whether a blank goes before a text.</summary>
    public bool AddsSpacePrefix { get; init; }

    /// <summary>The defaults of a kind of vocabulary and a pre-tokenizer.</summary>
    public static VocabularyDefaults For(string model, string pre) => model switch
    {
        "llama" => new()
        {
            BeginningOfSequence = 1,
            EndOfSequence = 2,
            Unknown = 0,
            AddsBeginningOfSequence = true,
            AddsSpacePrefix = true,
        },
        "gpt2" => new()
        {
            BeginningOfSequence = PreTokenizer.Find(pre) is { HasBeginningOfSequence: false } ? null : 11,
            EndOfSequence = 11,
            AddsBeginningOfSequence = PreTokenizer.Find(pre) is { AddsBeginningOfSequence: true },
        },
        "bert" => new()
        {
            BeginningOfSequence = 101,
            Unknown = 100,
            Separator = 102,
            AddsBeginningOfSequence = true,
        },
        "t5" => new()
        {
            EndOfSequence = 1,
            Unknown = 2,
            AddsEndOfSequence = true,
        },
        _ => new(),
    };
}
