namespace ReferenceModels.Training.Objectives;

/// <summary>Heads beside the model that an objective asks.</summary>
[Flags]
public enum HeadKinds
{
    /// <summary>None: the language model's own output is enough.</summary>
    None = 0,

    /// <summary>Which token belongs at a masked position.</summary>
    MaskedToken = 1,

    /// <summary>Whether a second sentence follows the first.</summary>
    NextSentence = 2,

    /// <summary>Of which class an input is.</summary>
    Classification = 4,
}
