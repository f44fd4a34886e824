namespace Engine.Constraints.Schemas;

/// <summary>The limits of a schema: anything beyond is refused, so that no schema can hang the server or exhaust its memory.</summary>
internal static class SchemaLimits
{
    /// <summary>The maximum number of schemas that apply to one value through each other: references, allOf, anyOf, ….</summary>
    public const int Deepest = 200;

    /// <summary>The maximum number of alternatives of one value.</summary>
    public const int MaxForms = 256;

    /// <summary>The maximum number of values with different conditions.</summary>
    public const int MaxGoals = 20_000;

    /// <summary>The maximum number of steps of combining alternatives, of a few microseconds each, for the whole schema.</summary>
    public const int MaxWork = 50_000;

    /// <summary>How many steps combining two languages counts as.</summary>
    public const int LanguageWork = 100;

    /// <summary>The maximum number of properties in all alternatives.</summary>
    public const int MaxProperties = 50_000;

    /// <summary>How many levels below a value are searched for a reason why alternatives exclude each other.</summary>
    public const int DeepestProbe = 4;
}
