using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace Engine.Host.Commands;

/// <summary>The option <c>--tokens 1,2,3</c>: token ids separated by commas, blanks or line ends.</summary>
internal static class TokenIds
{
    public static Option<int[]?> CreateOption(string description, string name = "--tokens") => new(name)
    {
        HelpName = "IDS",
        Description = description,
        AllowMultipleArgumentsPerToken = true,
        Arity = ArgumentArity.OneOrMore,
        CustomParser = result => Parse(result, name),
    };

    /// <summary>The ids given, or null without the option.</summary>
    public static int[]? Read(ParseResult parsed, Option<int[]?> option) => parsed.GetResult(option) is null ? null : parsed.GetValue(option);

    private static int[]? Parse(ArgumentResult result, string name)
    {
        string[] words = [.. result.Tokens.SelectMany(token => token.Value.Split(
            [',', ' ', '\t', '\r', '\n'], StringSplitOptions.RemoveEmptyEntries))];
        int[] ids = new int[words.Length];
        for (int i = 0; i < words.Length; i++)
        {
            if (!int.TryParse(words[i], NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out ids[i]))
            {
                result.AddError($"{name}: expected token ids such as 1,319,459, found '{words[i]}'.");
                return null;
            }
        }
        if (ids.Length == 0)
        {
            result.AddError($"{name}: expected token ids such as 1,319,459, found none.");
        }
        return ids;
    }
}
