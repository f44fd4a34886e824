namespace Engine.Chat.Jinja;

/// <summary>A filter.</summary>
/// <param name="Body">Computes the result from a value and the arguments.</param>
/// <param name="Parameters">The names of the arguments it takes after the value. Others are refused.</param>
internal sealed record Filter(Func<object, Arguments, RenderState, object> Body, params string[] Parameters)
{
    /// <summary>Whether it accepts any arguments, because it passes them on.</summary>
    public bool TakesAny { get; init; }
}

/// <summary>The filters by name.</summary>
internal static class Filters
{
    private static readonly Dictionary<string, Filter> Known =
        new[] { TextFilters.All, SequenceFilters.All, ValueFilters.All }.SelectMany(filters => filters).ToDictionary(StringComparer.Ordinal);

    public static object Apply(string name, object value, Arguments arguments, RenderState state)
    {
        Filter filter = Known.GetValueOrDefault(name) ?? throw new JinjaException($"there is no filter '{name}'");
        return filter.Body(value, filter.TakesAny ? arguments : arguments.Expect(name, filter.Parameters), state);
    }

    public static bool Has(string name) => Known.ContainsKey(name);
}
