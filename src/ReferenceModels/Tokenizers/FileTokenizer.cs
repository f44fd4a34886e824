using Engine;
using Engine.Gguf;

namespace ReferenceModels.Tokenizers;

/// <summary>Picks the tokenizer that a file's vocabulary needs.</summary>
internal static class FileTokenizer
{
    /// <summary>Makes it.</summary>
    /// <param name="metadata">The file's.</param>
    /// <param name="architecture">Under whose key a file without a vocabulary gives its size.</param>
    public static ITokenizer Read(GgufMetadata metadata, string architecture)
    {
        Vocabulary? vocabulary = Vocabulary.Read(metadata);
        return vocabulary switch
        {
            null => new NoVocabulary((int)metadata.RequireUInt32(architecture + ".vocab_size")),
            { Model: "llama" } => new SentencePieceBpe(vocabulary),
            _ => new IdsOnlyTokenizer(vocabulary),
        };
    }
}
