using System.Globalization;
using System.Text.Json;

namespace Engine.Api.Requests;

/// <summary>Checks the values of a request against their ranges.</summary>
internal static class Check
{
    /// <summary>The maximum number of stop texts: each costs time with every character of an answer.</summary>
    private const int MaxStops = 16;

    /// <summary>The maximum number of unknown fields: comparing each with all known names takes time, and real clients send only a few.</summary>
    private const int MaxUnknown = 100;

    /// <summary>A number in a range; null if not given.</summary>
    public static float? Number(string field, float? value, float min, float max) => value is null || value >= min && value <= max
        ? value
        : throw Wrong(field, string.Create(CultureInfo.InvariantCulture, $"a number from {min} to {max}"), string.Create(CultureInfo.InvariantCulture, $"{value}"));

    /// <summary>A whole number in a range; null if not given.</summary>
    public static int? Integer(string field, int? value, int min, int max) => value is null || value >= min && value <= max
        ? value
        : throw Wrong(field, $"a whole number from {min} to {max}", $"{value}");

    /// <summary>Texts that end an answer; empty if none given.</summary>
    public static IReadOnlyList<string> Stops(string field, TextList? stops) => stops is null ? []
        : stops.Texts.Count <= MaxStops && !stops.Texts.Contains("") ? stops.Texts
        : throw ApiException.Invalid($"Reading the field '{field}': expected at most {MaxStops} texts, none of them empty.", field);

    /// <summary>The seed of a request; null if it gives none, or asks for a random one with -1.</summary>
    public static ulong? Seed(long? value) => value is null or -1 ? null : unchecked((ulong)value.Value);

    /// <summary>Refuses a field that would change the answer and is not supported; values that change nothing are accepted.</summary>
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

    /// <summary>Refuses fields whose names are close to known ones: a typo would silently change the answer. Others are
    /// ignored, because clients send fields of their own.</summary>
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

    /// <summary>The error for a field with a wrong value.</summary>
    public static ApiException Wrong(string field, string expected, string found) =>
        ApiException.Invalid($"Reading the field '{field}': expected {expected}, found {found}.", field);
}
