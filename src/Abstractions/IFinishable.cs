namespace Engine;

/// <summary>A constraint that knows the shortest way to a complete answer.</summary>
internal interface IFinishable : IConstraint
{
    /// <summary>The minimum number of bytes before the answer may end.</summary>
    /// <param name="after">After this token, one of those that may come next; null for from here.</param>
    int FewestBytes(int? after);

    /// <summary>A short sequence of tokens after which the answer may end; null if none is found.</summary>
    /// <param name="after">After this token, one of those that may come next; null for from here.</param>
    IReadOnlyList<int>? ShortestEnd(int? after);
}
