using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Engine.Shadow;
using Microsoft.Extensions.Configuration;

namespace Engine.Registry;

/// <summary>Reads a configuration section into an options object and lists what it could not read.</summary>
/// <remarks>The framework's binder is not used because it ignores unknown keys and stops at the first value it cannot convert.</remarks>
internal static class StrictSection
{
    /// <param name="section">The section, whose keys are the names of the properties, in any case.</param>
    /// <param name="options">The options. A property keeps its value if the section has none.</param>
    /// <param name="where">The prefix of each error, such as <c>Models:default:</c>.</param>
    /// <param name="mistakes">Receives a message for each unknown key and each value that cannot be converted.</param>
    /// <param name="moved">Keys of earlier versions, each with the reason for its removal and what to set instead.</param>
    public static void Read<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfigurationSection section, T options, string where, List<string> mistakes, IReadOnlyDictionary<string, string>? moved = null) where T : class
    {
        PropertyInfo[] keys = typeof(T).GetProperties();
        foreach (IConfigurationSection child in section.GetChildren())
        {
            PropertyInfo? key = Array.Find(keys, key => Same(key.Name, child.Key));
            if (key is null)
            {
                mistakes.Add(moved?.GetValueOrDefault(child.Key) is { } instead
                    ? $"{where}{child.Key} is no longer a key: {instead}."
                    : UnknownKey(child.Key, where, keys.Select(key => key.Name)));
                continue;
            }
            if (key.PropertyType == typeof(IReadOnlyList<AdapterOptions>))
            {
                key.SetValue(options, Elements<AdapterOptions>(child, $"{where}{key.Name}:", mistakes));
                continue;
            }
            if (key.PropertyType == typeof(IReadOnlyList<string>))
            {
                key.SetValue(options, Texts(child));
                continue;
            }
            // Options that are sections of their own.
            if (key.PropertyType == typeof(GateOptions))
            {
                key.SetValue(options, Nested<GateOptions>(child, $"{where}{key.Name}:", mistakes));
                continue;
            }
            if (key.PropertyType == typeof(ShadowAlarmOptions))
            {
                key.SetValue(options, Nested<ShadowAlarmOptions>(child, $"{where}{key.Name}:", mistakes));
                continue;
            }
            // "10" would mean ten days.
            if ((Nullable.GetUnderlyingType(key.PropertyType) ?? key.PropertyType) == typeof(TimeSpan) && child.Value is { Length: > 0 } time && !time.Contains(':', StringComparison.Ordinal))
            {
                mistakes.Add($"{where}{key.Name} is '{time}'. Set it to {Kind(key.PropertyType)}.");
                continue;
            }
            try
            {
                key.SetValue(options, Value(child, key.PropertyType) ?? key.GetValue(options));
            }
            catch (InvalidOperationException)
            {
                mistakes.Add($"{where}{key.Name} is '{child.Value}'. Set it to {Kind(key.PropertyType)}.");
            }
        }
    }

    // A single text is a list of one.
    private static string[] Texts(IConfigurationSection section) =>
        section.Value is { } only ? [only] : [.. section.GetChildren().Select(child => child.Value ?? "")];

    private static List<T> Elements<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfigurationSection section, string where, List<string> mistakes) where T : class, new() =>
        [.. section.GetChildren().Select(child => Nested<T>(child, $"{where}{child.Key}:", mistakes))];

    private static T Nested<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] T>(
        IConfigurationSection section, string where, List<string> mistakes) where T : class, new()
    {
        var nested = new T();
        Read(section, nested, where, mistakes);
        return nested;
    }

    [UnconditionalSuppressMessage("Trimming", "IL2026", Justification = "What is left of the properties are texts, numbers, times and enumerations: the binder converts them by no members that could be trimmed away.")]
    private static object? Value(IConfigurationSection section, Type type) => section.Get(type);

    public static string UnknownKey(string key, string where, IEnumerable<string> known) =>
        Spelling.Nearest(key, known) is { } nearest
            ? $"{where}{key} is not a known key. Did you mean {nearest}?"
            : $"{where}{key} is not a known key. Known are {string.Join(", ", known)}.";

    /// <summary>Combines all errors into one message.</summary>
    public static string Message(string section, string expected, IReadOnlyCollection<string> mistakes) =>
        $"Reading the configuration section '{section}': expected {expected}, found "
        + $"{(mistakes.Count == 1 ? "1 mistake" : $"{mistakes.Count} mistakes")}.\n{string.Join('\n', mistakes.Select(mistake => "- " + mistake))}";

    /// <summary>Configuration keys and the names of models and backends are case-insensitive.</summary>
    public static bool Same(string a, string b) => string.Equals(a, b, StringComparison.OrdinalIgnoreCase);

    /// <summary>The values of an enumeration, as a user writes them.</summary>
    public static string Words(Type type)
    {
        string[] names = [.. Enum.GetNames(type).Select(name => name.ToLowerInvariant())];
        return $"{string.Join(", ", names[..^1])} or {names[^1]}";
    }

    private static string Kind(Type property) =>
        (Nullable.GetUnderlyingType(property) ?? property) is var type && type == typeof(bool) ? "true or false"
        : type == typeof(int) || type == typeof(long) ? "a whole number"
        : type == typeof(double) || type == typeof(float) ? "a number"
        : type == typeof(TimeSpan) ? "hours:minutes:seconds, such as 00:10:00"
        : type.IsEnum ? Words(type)
        : $"a {type.Name}";
}
