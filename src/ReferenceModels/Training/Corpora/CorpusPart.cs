namespace ReferenceModels.Training.Corpora;

/// <summary>Which part of a corpus.</summary>
public enum CorpusPart
{
    /// <summary>To learn from.</summary>
    Training,

    /// <summary>Kept back: to measure with.</summary>
    HeldOut,
}
