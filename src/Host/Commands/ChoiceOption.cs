using System.CommandLine;

namespace Engine.Host.Commands;

/// <summary>An option that takes one of a few words; the first is the default.</summary>
internal static class ChoiceOption
{
    public static Option<string> Create(string name, string description, params string[] words) => Create(name, description, words, []);

    /// <param name="name">The option.</param>
    /// <param name="description">For the help.</param>
    /// <param name="words">The first is the default.</param>
    /// <param name="meant">What to propose for words that other programs use.</param>
    public static Option<string> Create(string name, string description, string[] words, Dictionary<string, string> meant) => new(name)
    {
        HelpName = string.Join('|', words),
        Description = $"{description} Default {words[0]}.",
        DefaultValueFactory = _ => words[0],
        CompletionSources = { words },
        CustomParser = result =>
        {
            string word = result.Tokens[0].Value;
            if (words.FirstOrDefault(known => string.Equals(known, word, StringComparison.OrdinalIgnoreCase)) is { } choice)
            {
                return choice;
            }
            string proposal = meant.TryGetValue(word.ToLowerInvariant(), out string? other) ? $" Did you mean {other}?" : Spelling.Proposal(word, words);
            result.AddError($"{name}: expected {string.Join(", ", words[..^1])} or {words[^1]}, found '{word}'.{proposal}");
            return words[0];
        },
    };
}
