namespace Engine.Chat.Jinja;

/// <summary>The filters by name.</summary>
internal static class Filters
{
    internal delegate object Filter(object value, Arguments arguments, RenderState state);

    private static readonly Dictionary<string, Filter> Known =
        new[] { TextFilters.All, SequenceFilters.All, ValueFilters.All }.SelectMany(filters => filters).ToDictionary(StringComparer.Ordinal);

    public static object Apply(string name, object value, Arguments arguments, RenderState state) =>
        Known.TryGetValue(name, out Filter? filter)
            ? filter(value, arguments, state)
            : throw new JinjaException($"there is no filter '{name}'");

    public static bool Has(string name) => Known.ContainsKey(name);
}
