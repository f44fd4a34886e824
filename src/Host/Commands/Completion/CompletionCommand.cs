using System.CommandLine;

namespace Engine.Host.Commands.Completion;

/// <summary><c>engine completion</c>: the script by which a shell completes the command line. It asks the program itself, with the directive
/// <c>[suggest:POSITION]</c> of System.CommandLine.</summary>
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

    private static string Read(string name)
    {
        using var script = new StreamReader(typeof(CompletionCommand).Assembly.GetManifestResourceStream($"Engine.Host.Completion.{name}")!);
        return script.ReadToEnd();
    }
}
