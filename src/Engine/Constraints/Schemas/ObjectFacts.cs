using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Conditions on an object, all of which must hold.</summary>
internal sealed record ObjectFacts
{
    public static readonly ObjectFacts Any = new();

    public ObjectLayer[] Layers { get; init; } = [];

    public string[] Required { get; init; } = [];

    public string[] Forbidden { get; init; } = [];

    /// <summary>Further conditions on named properties.</summary>
    public (string Name, Literal Value)[] Values { get; init; } = [];

    /// <summary>The language of allowed names; null if all are.</summary>
    public Language? Names { get; init; }

    /// <summary>Properties that must exist.</summary>
    public SomeProperty[] Some { get; init; } = [];

    public int Min { get; init; }

    public int Max { get; init; } = int.MaxValue;

    /// <summary>Whether a quick look shows that the conditions cannot hold together.</summary>
    public bool Contradicts =>
        Min > Max || Required.Length > Max || (Forbidden.Length > 0 && Array.Exists(Required, name => Array.IndexOf(Forbidden, name) >= 0));

    public static ObjectFacts And(LanguageSpace space, ObjectFacts a, ObjectFacts b) => a == Any ? b : b == Any ? a : new ObjectFacts
    {
        Layers = Join(a.Layers, b.Layers),
        Required = Join(a.Required, b.Required),
        Forbidden = Join(a.Forbidden, b.Forbidden),
        Values = Join(a.Values, b.Values),
        Names = a.Names is null || b.Names is null ? a.Names ?? b.Names : space.Both(a.Names, b.Names),
        Some = Join(a.Some, b.Some),
        Min = Math.Max(a.Min, b.Min),
        Max = Math.Min(a.Max, b.Max),
    };

    public static T[] Join<T>(T[] a, T[] b)
    {
        if (a.Length == 0 || b.Length == 0)
        {
            return a.Length == 0 ? b : a;
        }
        HashSet<T>? known = b.Length > 16 ? [.. a] : null;
        List<T> all = [.. a];
        foreach (T one in b)
        {
            if (known is null ? Array.IndexOf(a, one) < 0 : !known.Contains(one))
            {
                all.Add(one);
            }
        }
        return all.Count == a.Length ? a : [.. all];
    }
}

/// <summary>The condition that an object has a property with one of these names and such a value.</summary>
/// <param name="Value">Its value; null for any.</param>
internal sealed record SomeProperty(Language Names, Literal? Value);
