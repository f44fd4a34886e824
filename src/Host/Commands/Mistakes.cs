using System.CommandLine;
using System.CommandLine.Parsing;

namespace Engine.Host.Commands;

/// <summary>Explains in one sentence what is wrong with a command line.</summary>
internal static class Mistakes
{
    // What llama.cpp's programs and others call these options.
    private static readonly Dictionary<string, string> Synonyms = new()
    {
        ["-m"] = "--model",
        ["-f"] = "--file",
        ["-t"] = "--threads",
        ["-s"] = "--seed",
        ["-o"] = "--out",
        ["--output"] = "--out",
        ["-c"] = "--context",
        ["--ctx-size"] = "--context",
        ["--context-length"] = "--context",
        ["-n"] = "--max-tokens",
        ["--n-predict"] = "--max-tokens",
        ["--predict"] = "--max-tokens",
        ["--max-new-tokens"] = "--max-tokens",
        ["-ngl"] = "--gpu-layers",
        ["--n-gpu-layers"] = "--gpu-layers",
        ["--repeat-penalty"] = "--repetition-penalty",
        ["--mirostat-ent"] = "--mirostat-tau",
        ["--mirostat-lr"] = "--mirostat-eta",
        ["--parallel"] = "--slots",
        ["-fa"] = "--flash-attention",
        ["--flash-attn"] = "--flash-attention",
        ["-ub"] = "--micro-batch",
        ["--ubatch-size"] = "--micro-batch",
        ["-tb"] = "--batch-threads",
        ["--threads-batch"] = "--batch-threads",
        ["-ctk"] = "--cache-type",
        ["--cache-type-k"] = "--cache-type",
        ["-ctv"] = "--cache-type",
        ["--cache-type-v"] = "--cache-type",
        ["-nr"] = "--no-repack",
        ["-sm"] = "--split-mode",
        ["-ts"] = "--tensor-split",
        ["-mg"] = "--main-device",
        ["--main-gpu"] = "--main-device",
        ["--url"] = "--urls",
        ["--learning-rate"] = "--lr",
        ["--batch-size"] = "--batch",
    };

    private static readonly string[] PartsOfUrls = ["--port", "-p", "--host", "--listen"];

    /// <summary>The first mistake, or null if there is none.</summary>
    public static string? Describe(ParseResult parsed)
    {
        Command command = parsed.CommandResult.Command;
        if (MistypedOption(parsed) is { } option)
        {
            return $"{Unknown(option, command)} If it is meant as text, put -- before it.";
        }
        if (parsed.UnmatchedTokens is [{ } unknown, ..])
        {
            return Unknown(unknown, command);
        }
        return parsed.Errors is [{ } error, ..] && !AsksForHelp(parsed) ? $"{Describe(error)} {SeeHelp(command)}" : null;
    }

    /// <summary>Asking for a verb's help does not require its arguments.</summary>
    private static bool AsksForHelp(ParseResult parsed) => parsed.Tokens.Any(token => token.Type == TokenType.Option && token.Value is "--help" or "-h" or "-?");

    private static string Describe(ParseError error) => error.SymbolResult switch
    {
        OptionResult { Tokens.Count: 0, Option: { } option } => $"{option.Name} needs a value{(option.HelpName is { } name ? $": {option.Name} {name}" : "")}.",
        OptionResult { IdentifierTokenCount: > 1, Option: { } option } => $"{option.Name} is given more than once; it takes one value.",
        ArgumentResult { Tokens.Count: 0, Argument: { } argument } => $"{argument.HelpName ?? argument.Name} is missing.",
        _ => error.Message,
    };

    private static string Unknown(string word, Command command)
    {
        bool isOption = word.StartsWith('-');
        if (command.Subcommands.Count > 0 && !isOption)
        {
            return $"'{word}' is not a verb of {Owner(command)}.{Spelling.Proposal(word, command.Subcommands.Where(verb => !verb.Hidden).Select(verb => verb.Name))} {SeeHelp(command)}";
        }
        if (isOption)
        {
            IEnumerable<Option> inherited = HelpText.Ancestors(command).SelectMany(parent => parent.Options).Where(option => option.Recursive);
            return $"'{word}' is not an option of {Owner(command)}.{Proposal(word, [.. command.Options.Concat(inherited).Select(option => option.Name)])} {SeeHelp(command)}";
        }
        return command.Arguments.Count == 0
            ? $"'{word}' is one word too many: '{CommandPath.Of(command)}' takes options only. {SeeHelp(command)}"
            : $"'{word}' is one word too many: '{CommandPath.Of(command)}' takes {(command.Arguments.Count == 1 ? "one " : "")}"
                + $"{string.Join(' ', command.Arguments.Select(argument => argument.HelpName ?? argument.Name))}; put quotes around a text with blanks. {SeeHelp(command)}";
    }

    /// <summary>A word like <c>--modle</c> that the parser took for an argument because it matched nothing else.</summary>
    private static string? MistypedOption(ParseResult parsed) =>
        parsed.Tokens.Any(token => token.Type == TokenType.DoubleDash)
            ? null
            : parsed.CommandResult.Children.OfType<ArgumentResult>().SelectMany(argument => argument.Tokens)
                .Select(token => token.Value).FirstOrDefault(LooksLikeOption);

    /// <summary>True for words like "--x", but not for "-" (standard input), "-5" or "- a list".</summary>
    private static bool LooksLikeOption(string word) => word.Length > 1 && word[0] == '-' && (word[1] == '-' || char.IsAsciiLetter(word[1])) && !word.Contains(' ');

    private static string Proposal(string word, string[] options) =>
        options.Contains("--urls") && PartsOfUrls.Contains(word) ? " Address and port are parts of --urls: --urls http://127.0.0.1:8080."
        : Synonyms.TryGetValue(word, out string? other) && options.Contains(other) ? $" Did you mean '{other}'?"
        : Spelling.Proposal(word, options);

    private static string Owner(Command command) => command is RootCommand ? CommandPath.Program : $"'{CommandPath.Of(command)}'";

    private static string SeeHelp(Command command) =>
        $"See '{CommandPath.Of(command)} --help'.";
}
