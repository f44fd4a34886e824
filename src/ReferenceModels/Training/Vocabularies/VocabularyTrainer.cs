using Engine;

namespace ReferenceModels.Training.Vocabularies;

/// <summary>Trains vocabularies on texts. The same texts and options give the same vocabulary, on any machine.</summary>
public static class VocabularyTrainer
{
    /// <summary>The maximum number of tokens of a vocabulary; the largest known have 260,000.</summary>
    private const int Largest = 1_000_000;

    /// <summary>Trains a vocabulary.</summary>
    /// <param name="texts">The texts. Each is read once; their words are kept in memory, each once.</param>
    /// <param name="options">The scheme and the size.</param>
    /// <param name="progress">Receives the share of the tokens made, 0 to 1; may be null.</param>
    /// <param name="cancellationToken">Cancels the training.</param>
    /// <exception cref="InvalidRequestException">The texts are empty, or the options do not fit them.</exception>
    public static TrainedVocabulary Train(
        IEnumerable<string> texts, VocabularyOptions options, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(texts);
        ArgumentNullException.ThrowIfNull(options);
        if (options.Size < 1 || options.Size > Largest)
        {
            throw new InvalidRequestException($"Training a vocabulary: expected a size from 1 to {Largest}, found {options.Size}. Correct the size.");
        }
        if (options.MinimumFrequency < 1)
        {
            throw new InvalidRequestException($"Training a vocabulary: expected a minimum frequency of 1 or more, found {options.MinimumFrequency}. Correct it.");
        }
        TrainedVocabulary trained = options.Scheme switch
        {
            VocabularyScheme.ByteLevelBpe => BytePairTraining.Run(texts, options, progress, cancellationToken),
            VocabularyScheme.WordPiece => WordPieceTraining.Run(texts, options, progress, cancellationToken),
            VocabularyScheme.Unigram => UnigramTraining.Run(texts, options, progress, cancellationToken),
            _ => throw new InvalidRequestException($"Training a vocabulary: expected one of its schemes, found {options.Scheme}."),
        };
        progress?.Report(1);
        return trained;
    }

    /// <summary>Refuses a size into which not even the single characters fit.</summary>
    internal static void RequireSize(VocabularyOptions options, int minimum, string of)
    {
        if (options.Size < minimum)
        {
            throw new InvalidRequestException($"Training a vocabulary: expected a size of at least {minimum} ({of}), found {options.Size}. Choose a larger size.");
        }
    }
}
