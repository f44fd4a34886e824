namespace Engine.Constraints.Schemas;

/// <summary>How much of a schema is looked at: what is beyond is refused, so that no schema can hang or swell the server.</summary>
internal static class SchemaLimits
{
    /// <summary>Schemas that speak of one value through each other: references, allOf, anyOf, ….</summary>
    public const int Deepest = 200;

    /// <summary>Alternatives of one value.</summary>
    public const int MostForms = 256;

    /// <summary>Values that differ in what is asked of them.</summary>
    public const int MostGoals = 20_000;

    /// <summary>Alternatives put together, over the whole schema.</summary>
    public const int MostMeetings = 200_000;

    /// <summary>Properties of all alternatives.</summary>
    public const int MostProperties = 200_000;

    /// <summary>How far below a value it is looked whether alternatives exclude each other.</summary>
    public const int DeepestProbe = 4;
}
