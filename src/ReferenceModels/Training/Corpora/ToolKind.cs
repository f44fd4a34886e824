namespace ReferenceModels.Training.Corpora;

/// <summary>What a tool does when it is called.</summary>
internal enum ToolKind
{
    /// <summary>Tells the weather of a place.</summary>
    Weather,

    /// <summary>Tells the time, of a place or here.</summary>
    Time,

    /// <summary>Adds two numbers.</summary>
    Sum,

    /// <summary>Multiplies two numbers.</summary>
    Product,
}
