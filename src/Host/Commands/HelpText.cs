using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>The help of a command: what it does, how it is called, its options by topic, examples.</summary>
/// <remarks>System.CommandLine's own help supports neither topics nor examples.</remarks>
internal sealed class HelpText : SynchronousCommandLineAction
{
    private const int LongestLine = 100;
    private const int NarrowestLine = 20;

    /// <summary>The maximum width of the name column, if the line has room for it; a longer name goes on a line of its own.</summary>
    private const int WidestName = 26;

    /// <summary>The minimum width of the description column.</summary>
    private const int MinDescription = 30;

    public override int Invoke(ParseResult parseResult)
    {
        int width = Screen.OutputWidth is { } columns ? Math.Clamp(columns - 1, NarrowestLine, LongestLine) : Paragraph.Width;
        parseResult.InvocationConfiguration.Output.Write(Render(parseResult.CommandResult.Command, width));
        return ExitCode.Pass;
    }

    /// <summary>The help in lines of at most <paramref name="width"/> characters.</summary>
    public static string Render(Command command, int width)
    {
        List<Section> sections = [.. Sections(command)];
        int widest = width < WidestName + MinDescription ? 0 : WidestName;
        int indent = 4 + sections.SelectMany(section => section.Rows).Select(row => row.Name.Length)
            .Where(length => length <= widest).DefaultIfEmpty(0).Max();
        var text = new StringBuilder();
        Paragraph.Append(text, command.Description ?? "", width);
        Paragraph.Append(text.Append('\n'), $"Usage: {Usage(command)}", width);
        foreach (Section section in sections)
        {
            text.Append('\n').Append(section.Title).Append(":\n");
            foreach ((string name, string description) in section.Rows)
            {
                bool fits = name.Length <= widest;
                text.Append("  ").Append(name).Append(fits ? new string(' ', indent - 2 - name.Length) : "\n" + new string(' ', indent));
                Paragraph.Append(text, description, width, indent);
            }
        }
        if (command is Verb { Examples: { Count: > 0 } examples })
        {
            text.Append("\nExamples:\n").AppendJoin("", examples.Select(example => $"  {example}\n"));
        }
        if (command.Subcommands.Count > 0)
        {
            Paragraph.Append(text.Append('\n'), $"'{CommandPath.Of(command)} VERB --help' tells more about a verb.", width);
        }
        return text.ToString();
    }

    private static IEnumerable<Section> Sections(Command command)
    {
        if (command.Subcommands.Count > 0)
        {
            yield return new Section("Verbs", [.. command.Subcommands.Where(verb => !verb.Hidden)
                .Select(verb => (string.Join(' ', [verb.Name, .. verb.Arguments.Select(Label)]), FirstSentence(verb.Description ?? "")))]);
        }
        if (command.Arguments.Count > 0)
        {
            yield return new Section("Arguments", [.. command.Arguments.Select(argument => (Label(argument), argument.Description ?? ""))]);
        }
        IReadOnlyList<OptionGroup> groups = (command as Verb)?.Groups ?? [];
        foreach (OptionGroup group in groups)
        {
            yield return new Section(group.Title, [.. group.Options.Where(option => !option.Hidden).Select(Row)]);
        }
        IEnumerable<Option> others = command.Options.Except(groups.SelectMany(group => group.Options));
        IEnumerable<Option> inherited = Ancestors(command).SelectMany(parent => parent.Options).Where(option => option.Recursive);
        yield return new Section(groups.Count == 0 ? "Options" : "Other", [.. others.Concat(inherited)
            .Where(option => !option.Hidden).OrderBy(option => option is HelpOption or VersionOption).Select(Row)]);
    }

    /// <summary>The command that it is a verb of, the one that this is a verb of, …</summary>
    public static IEnumerable<Command> Ancestors(Command command) =>
        command.Parents.OfType<Command>().SelectMany(parent => Ancestors(parent).Prepend(parent));

    private static (string Name, string Description) Row(Option option)
    {
        string names = string.Join(", ", option.Aliases.Where(alias => alias == "-h").Append(option.Name));
        return (option.HelpName is { } value ? $"{names} {value}" : names, option.Description ?? "");
    }

    private static string FirstSentence(string text) => text.Split(". ") is [{ } first, _, ..] ? first + "." : text;

    private static string Label(Argument argument) => argument.HelpName ?? argument.Name.ToUpperInvariant();

    private static string Usage(Command command)
    {
        if (command.Subcommands.Count > 0)
        {
            return $"{CommandPath.Of(command)} VERB [options]";
        }
        IEnumerable<string> arguments = command.Arguments.Select(argument =>
            argument.Arity.MinimumNumberOfValues == 0 ? $"[{Label(argument)}]" : Label(argument));
        return string.Join(' ', [CommandPath.Of(command), .. arguments, "[options]"]);
    }

    private sealed record Section(string Title, IReadOnlyList<(string Name, string Description)> Rows);
}
