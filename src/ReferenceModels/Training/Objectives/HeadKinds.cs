namespace ReferenceModels.Training.Objectives;

/// <summary>The separate heads that an objective needs.</summary>
[Flags]
public enum HeadKinds
{
    /// <summary>None: the language model's own output is enough.</summary>
    None = 0,

    /// <summary>Which token belongs at a masked position.</summary>
    MaskedToken = 1,

    /// <summary>Whether a second sentence follows the first.</summary>
    NextSentence = 2,

    /// <summary>Which class an input belongs to.</summary>
    Classification = 4,
}
