namespace Engine;

/// <summary>How a model is divided among several devices.</summary>
public enum SplitMode
{
    /// <summary>Each has some of the layers, with their keys and values.</summary>
    Layer,

    /// <summary>Each has some rows of every matrix.</summary>
    Row,

    /// <summary>One device has the whole model.</summary>
    None,
}
