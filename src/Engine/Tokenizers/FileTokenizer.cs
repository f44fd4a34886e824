using Engine.Generation;
using Engine.Gguf;
using Engine.Tokenizers.PreTokenization;

namespace Engine.Tokenizers;

/// <summary>Picks the tokenizer that a file's vocabulary needs.</summary>
internal static class FileTokenizer
{
    private const string Remedy = "Give token ids, or use the llama.cpp backend if it knows the kind.";

    /// <summary>Makes it.</summary>
    /// <param name="metadata">The file's.</param>
    /// <param name="architecture">Under whose key a file without a vocabulary gives its size.</param>
    public static ITokenizer Read(GgufMetadata metadata, string architecture)
    {
        Vocabulary? vocabulary = Vocabulary.Read(metadata);
        return vocabulary switch
        {
            null => new NoVocabulary(metadata.GetString("general.name") ?? "the model", (int)metadata.RequireUInt32(architecture + ".vocab_size")),
            { Model: "llama" } => new SentencePieceBpe(vocabulary),
            { Model: "gpt2" } => ByteLevel(vocabulary, metadata),
            { Model: "bert" } => new WordPiece(vocabulary),
            { Model: "t5" } => new Unigram(vocabulary, PrecompiledCharacterMap.Read(metadata)),
            _ => new IdsOnlyTokenizer(vocabulary, TokenSpelling.Unknown,
                $"Splitting a text into tokens: expected a vocabulary of kind 'llama', 'gpt2', 'bert' or 't5', this file's is '{vocabulary.Model}'. {Remedy}"),
        };
    }

    private static VocabularyTokenizer ByteLevel(Vocabulary vocabulary, GgufMetadata metadata) =>
        PreTokenizer.Find(vocabulary.Pre) is { } preTokenizer
            ? new ByteLevelBpe(vocabulary, metadata.RequireStrings(GgufKeys.Merges), preTokenizer)
            : new IdsOnlyTokenizer(vocabulary, TokenSpelling.ByteLevel,
                $"Splitting a text into tokens: expected one of the pre-tokenizers {string.Join(", ", PreTokenizer.Names)} in '{GgufKeys.TokenizerPre}', found '{vocabulary.Pre}'. {Remedy}");
}
