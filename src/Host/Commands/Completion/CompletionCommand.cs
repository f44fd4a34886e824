using System.CommandLine;

namespace Engine.Host.Commands.Completion;

/// <summary><c>engine completion</c>: the script by which a shell completes the command line. It asks the program itself, as the directive
/// <c>[suggest:POSITION]</c> of System.CommandLine does: with that word, and then the line.</summary>
internal static class CompletionCommand
{
    private const string DirectiveStart = "[suggest";

    /// <summary>Each shell with its script, a resource of this assembly.</summary>
    private static readonly Dictionary<string, string> Scripts = new()
    {
        ["bash"] = "engine.bash",
        ["zsh"] = "engine.zsh",
        ["fish"] = "engine.fish",
        ["powershell"] = "engine.ps1",
    };

    public static Command Create()
    {
        Argument<string> shell = new("SHELL")
        {
            HelpName = "SHELL",
            Description = $"{string.Join(", ", Scripts.Keys)}.",
            CompletionSources = { Scripts.Keys.ToArray() },
            CustomParser = result =>
            {
                string word = result.Tokens[0].Value;
                if (!Scripts.ContainsKey(word.ToLowerInvariant()))
                {
                    result.AddError($"SHELL: expected one of {string.Join(", ", Scripts.Keys)}, found '{word}'.{(word == "pwsh" ? " Did you mean 'powershell'?" : Spelling.Proposal(word, Scripts.Keys))}");
                }
                return word.ToLowerInvariant();
            },
        };
        var verb = new Verb("completion", "Prints a script by which a shell completes verbs, options and their values. Load it where the shell starts.")
        {
            Examples =
            [
                "engine completion bash        # eval \"$(engine completion bash)\"",
                "engine completion zsh         # eval \"$(engine completion zsh)\"",
                "engine completion fish        # engine completion fish | source",
                "engine completion powershell  # … | Out-String | Invoke-Expression",
            ],
        };
        verb.Add(shell);
        verb.SetAction(parsed => parsed.InvocationConfiguration.Output.Write(Read(Scripts[parsed.GetValue(shell)!])));
        return verb;
    }

    /// <summary>Whether a shell is asking for completions. The line is then incomplete, so errors in it are to be expected.</summary>
    public static bool IsAsked(IReadOnlyList<string> words) => words is [{ } first, ..] && first.StartsWith(DirectiveStart, StringComparison.Ordinal);

    /// <summary>Prints what may stand for the last word of a line, one proposal a line.</summary>
    /// <param name="words">The directive and the line, which ends where the cursor is.</param>
    /// <param name="parse">Reads such a line.</param>
    /// <param name="output">Where to.</param>
    public static void Answer(IReadOnlyList<string> words, Func<string, ParseResult> parse, TextWriter output)
    {
        string line = string.Join(' ', words.Skip(1));
        int last = line.LastIndexOfAny([' ', '\t']) + 1;
        // --device=c is two words in one: System.CommandLine fails on it, and a shell replaces both.
        int sign = line.IndexOf('=', last);
        string start = sign > 0 && line[last] == '-' ? line[last..(sign + 1)] : "";
        foreach (string found in Proposals(parse(start.Length == 0 ? line : $"{line[..sign]} {line[(sign + 1)..]}"), line.Length))
        {
            if (start.Length == 0 || found[0] != '-')
            {
                output.WriteLine(start + found);
            }
        }
    }

    private static IEnumerable<string> Proposals(ParseResult parsed, int position) =>
        parsed.GetCompletions(position).Select(item => item.InsertText ?? item.Label).Where(text => text.Length > 0);

    private static string Read(string name)
    {
        using var script = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream($"Engine.Host.Completion.{name}")!);
        return script.ReadToEnd();
    }
}
