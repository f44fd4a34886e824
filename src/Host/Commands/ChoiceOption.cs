using System.CommandLine;

namespace Engine.Host.Commands;

/// <summary>An option that takes one of a few words; the first is the default.</summary>
internal static class ChoiceOption
{
    public static Option<string> Create(string name, string description, params string[] words) => new(name)
    {
        HelpName = string.Join('|', words),
        Description = $"{description} Default {words[0]}.",
        DefaultValueFactory = _ => words[0],
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (words.FirstOrDefault(known => string.Equals(known, word, StringComparison.OrdinalIgnoreCase)) is { } choice)
            {
                return choice;
            }
            string proposal = Spelling.Nearest(word, words) is { } nearest ? $" Did you mean '{nearest}'?" : "";
            result.AddError($"{name}: expected {string.Join(", ", words[..^1])} or {words[^1]}, found '{word}'.{proposal}");
            return words[0];
        },
    };
}
