using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Numerics;

namespace Engine.Host.Commands;

/// <summary>Options that take a number; the error names the option, the allowed range and what was found.</summary>
internal static class NumberOption
{
    /// <summary>An option with a default, which its description states.</summary>
    public static Option<T> Create<T>(string name, T min, T max, T value, string description)
        where T : struct, INumber<T> => new(name)
        {
            HelpName = "N",
            Description = string.Create(CultureInfo.InvariantCulture, $"{description} Default {value}."),
            DefaultValueFactory = _ => value,
            CustomParser = result => Parse(result, name, min, max),
        };

    /// <summary>An option that is null if it is not given.</summary>
    public static Option<T?> CreateOptional<T>(string name, T min, T max, string description)
        where T : struct, INumber<T> => new(name)
        {
            HelpName = "N",
            Description = description,
            CustomParser = result => Parse(result, name, min, max),
        };

    private static T Parse<T>(ArgumentResult result, string name, T min, T max)
        where T : struct, INumber<T>
    {
        string word = result.Tokens[0].Value;
        bool whole = T.IsInteger(T.One / (T.One + T.One)); // 1 / 2 is 0 only in integer types
        NumberStyles style = whole ? NumberStyles.AllowLeadingSign : NumberStyles.Float;
        // Comparisons with NaN are false, so it is refused as well.
        if (T.TryParse(word, style, CultureInfo.InvariantCulture, out T value) && value >= min && value <= max)
        {
            return value;
        }
        result.AddError(string.Create(CultureInfo.InvariantCulture,
            $"{name}: expected a {(whole ? "whole " : "")}number from {min} to {max}, found '{word}'."));
        return default;
    }
}
