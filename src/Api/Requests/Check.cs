using System.Globalization;
using System.Text.Json;

namespace Engine.Api.Requests;

/// <summary>Holds the values of a request to their ranges.</summary>
internal static class Check
{
    /// <summary>Stop texts at the most: each costs time with every character of an answer.</summary>
    private const int MaxStops = 16;

    /// <summary>Fields that clients send and nobody knows are a few. Each is held against all known names, which takes its time.</summary>
    private const int MaxUnknown = 100;

    /// <summary>A number in a range; null where it was not given.</summary>
    public static float? Number(string field, float? value, float min, float max) => value is null || value >= min && value <= max
        ? value
        : throw Wrong(field, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"), string.Create(CultureInfo.InvariantCulture, $"{value}"));

    /// <summary>A whole number in a range; null where it was not given.</summary>
    public static int? Integer(string field, int? value, int min, int max) => value is null || value >= min && value <= max
        ? value
        : throw Wrong(field, $"a whole number from {min} to {max}", $"{value}");

    /// <summary>Texts that end an answer; none where none were given.</summary>
    public static IReadOnlyList<string> Stops(string field, TextList? stops) => stops is null ? []
        : stops.Texts.Count <= MaxStops && !stops.Texts.Contains("") ? stops.Texts
        : throw ApiException.Invalid($"Reading the field '{field}': expected at most {MaxStops} texts, none of them empty.", field);

    /// <summary>The seed that a request gives; null where it leaves the draw open, or asks for a fresh one with -1.</summary>
    public static ulong? Seed(long? value) => value is null or -1 ? null : unchecked((ulong)value.Value);

    /// <summary>Refuses a field that would change the answer and is not supported; its neutral values are taken.</summary>
    /// <param name="field">Its name.</param>
    /// <param name="asked">Whether it has a value that would change something.</param>
    /// <param name="what">What it would do.</param>
    public static void NotSupported(string field, bool asked, string what)
    {
        if (asked)
        {
            throw ApiException.Invalid($"Reading the field '{field}': {what} cannot be asked for here. Leave the field out.", field);
        }
    }

    /// <summary>Refuses fields whose names are nearly those of known ones: a typing error would change the answer unseen. Others are passed
    /// over, because clients send fields of their own.</summary>
    public static void Unknown(IReadOnlyDictionary<string, JsonElement>? unknown, IReadOnlyCollection<string> known)
    {
        if (unknown?.Count > MaxUnknown)
        {
            throw ApiException.Invalid($"Reading the request: expected at most {MaxUnknown} fields that it does not have, found {unknown.Count}. Send the fields of the API.");
        }
        foreach (string name in unknown?.Keys ?? [])
        {
            if (Spelling.Nearest(name, known) is { } nearest)
            {
                throw ApiException.Invalid($"Reading the request: '{name}' is not a field of it. Did you mean '{nearest}'?", name);
            }
        }
    }

    /// <summary>A field whose value does not fit.</summary>
    public static ApiException Wrong(string field, string expected, string found) =>
        ApiException.Invalid($"Reading the field '{field}': expected {expected}, found {found}.", field);
}
