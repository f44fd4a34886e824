namespace Engine.Constraints.Schemas;

/// <summary>The limits of a schema: anything beyond is refused, so that no schema can hang the server or exhaust its memory.</summary>
internal static class SchemaLimits
{
    /// <summary>Schemas that speak of one value through each other: references, allOf, anyOf, ….</summary>
    public const int Deepest = 200;

    /// <summary>Alternatives of one value.</summary>
    public const int MaxForms = 256;

    /// <summary>Values that differ in what is asked of them.</summary>
    public const int MaxGoals = 20_000;

    /// <summary>Steps of putting alternatives together, over the whole schema: a few microseconds each.</summary>
    public const int MaxWork = 50_000;

    /// <summary>Steps that putting two languages together counts for.</summary>
    public const int LanguageWork = 100;

    /// <summary>Properties of all alternatives.</summary>
    public const int MaxProperties = 50_000;

    /// <summary>How far below a value it is looked whether alternatives exclude each other.</summary>
    public const int DeepestProbe = 4;
}
