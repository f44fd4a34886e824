namespace ReferenceModels.Training.Corpora;

/// <summary>Which part of a corpus.</summary>
public enum CorpusPart
{
    /// <summary>For training.</summary>
    Training,

    /// <summary>Held out for measurement.</summary>
    HeldOut,
}
