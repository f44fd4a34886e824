namespace ReferenceModels.Training.Vocabularies;

/// <summary>How a vocabulary is trained, and how a text is split with it.</summary>
public enum VocabularyScheme
{
    /// <summary>Byte-level BPE, GPT-2's: repeatedly, the most frequent pair of neighbours becomes a token (Sennrich et al. 2016).</summary>
    ByteLevelBpe,

    /// <summary>WordPiece, BERT's: the pair whose freq(pair) / (freq(first) × freq(second)) is largest becomes a token.</summary>
    WordPiece,

    /// <summary>Unigram, T5's: of many pieces, those stay whose removal would make the text least likely (Kudo 2018).</summary>
    Unigram,
}
