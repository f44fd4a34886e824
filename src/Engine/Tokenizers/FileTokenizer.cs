using Engine.Generation;
using Engine.Gguf;
using Engine.Tokenizers.PreTokenization;
using Microsoft.Extensions.Logging;

namespace Engine.Tokenizers;

/// <summary>Picks the tokenizer that a file's vocabulary needs.</summary>
internal static partial class FileTokenizer
{
    /// <summary>The event of a text that llama.cpp would have split differently.</summary>
    public static readonly EventId SplitOtherwise = new(2, nameof(SplitOtherwise));

    private const string Hint = "Give token ids, or use the llama.cpp backend if it knows the kind.";

    /// <summary>Makes the tokenizer of a file.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="architecture">The architecture, under whose key a file without a vocabulary gives its size.</param>
    /// <param name="rule">Whose rule it splits by.</param>
    /// <param name="logger">Receives, once, the message that a text was split differently from llama.cpp.</param>
    public static ITokenizer Read(GgufMetadata metadata, string architecture, TokenizerRule rule, ILogger? logger = null)
    {
        Action? onOtherwise = logger is null ? null : () => LogSplitOtherwise(logger, Name(metadata));
        Vocabulary? vocabulary = Vocabulary.Read(metadata);
        return vocabulary switch
        {
            null => new NoVocabulary(Name(metadata), (int)metadata.RequireUInt32(architecture + ".vocab_size")),
            { Model: "llama" } => new SentencePieceBpe(vocabulary) { Rule = rule, OnOtherwise = onOtherwise },
            { Model: "gpt2" } => ByteLevel(vocabulary, metadata, rule, onOtherwise),
            { Model: "bert" } => new WordPiece(vocabulary) { Rule = rule, OnOtherwise = onOtherwise },
            { Model: "t5" } => new Unigram(vocabulary, PrecompiledCharacterMap.Read(metadata)) { Rule = rule, OnOtherwise = onOtherwise },
            _ => new IdsOnlyTokenizer(vocabulary, TokenSpelling.Unknown,
                $"Splitting a text into tokens: expected a vocabulary of kind 'llama', 'gpt2', 'bert' or 't5', this file's is '{vocabulary.Model}'. {Hint}"),
        };
    }

    /// <summary>The managed tokenizer that splits texts for a llama.cpp backend as the model was trained.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="logger">Receives the reason when there is none, and, once, the message that a text was split differently from llama.cpp.</param>
    /// <returns>Null if the vocabulary cannot be read or is of an unknown kind, in which case llama.cpp's own tokenizer is used.</returns>
    public static ITokenizer? Feed(GgufMetadata metadata, ILogger logger)
    {
        if (metadata.GetString(GgufKeys.TokenizerModel) is null or "none" or "no_vocab")
        {
            return null;
        }
        string reason;
        try
        {
            ITokenizer tokenizer = Read(metadata, metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Trained, logger);
            if (tokenizer is not IdsOnlyTokenizer idsOnly)
            {
                return tokenizer;
            }
            reason = idsOnly.Reason;
        }
        catch (ModelFileException unreadable) // llama.cpp accepts some vocabularies that are refused here
        {
            reason = unreadable.Message;
        }
        LogNativeSplit(logger, Name(metadata), reason);
        return null;
    }

    private static string Name(GgufMetadata metadata) => metadata.GetString(GgufKeys.Name) ?? "the model";

    private static VocabularyTokenizer ByteLevel(Vocabulary vocabulary, GgufMetadata metadata, TokenizerRule rule, Action? onOtherwise) =>
        PreTokenizer.Find(vocabulary.Pre) is { } preTokenizer
            ? new ByteLevelBpe(vocabulary, metadata.RequireStrings(GgufKeys.Merges), preTokenizer) { Rule = rule, OnOtherwise = onOtherwise }
            : new IdsOnlyTokenizer(vocabulary, TokenSpelling.ByteLevel,
                $"Splitting a text into tokens: expected one of the pre-tokenizers {string.Join(", ", PreTokenizer.Names)} in '{GgufKeys.TokenizerPre}', found '{vocabulary.Pre}'. {Hint}");

    [LoggerMessage(2, LogLevel.Information, "{Model}: a text was split as the model was trained, which llama.cpp does differently, so its own results for such texts differ. 'engine tokenize' shows the difference.", EventName = nameof(SplitOtherwise))]
    private static partial void LogSplitOtherwise(ILogger logger, string model);

    [LoggerMessage(3, LogLevel.Information, "{Model}: llama.cpp's own tokenizer splits texts, the managed one cannot. {Reason}")]
    private static partial void LogNativeSplit(ILogger logger, string model, string reason);
}
