namespace Engine;

/// <summary>A constraint that knows the shortest way to an answer that is whole.</summary>
internal interface IFinishable : IConstraint
{
    /// <summary>Bytes that must come at least before the answer may end.</summary>
    /// <param name="after">After this token, one of those that may come next; null for from here.</param>
    int FewestBytes(int? after);

    /// <summary>Few tokens after which the answer may end; null if none are found.</summary>
    /// <param name="after">After this token, one of those that may come next; null for from here.</param>
    IReadOnlyList<int>? ShortestEnd(int? after);
}
