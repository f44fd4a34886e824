using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text;
using System.Text.RegularExpressions;
using Engine.Parity;

namespace Engine.Host.Commands;

/// <summary>The help of a command: what it does, how it is called, its options by topic, examples.</summary>
/// <remarks>System.CommandLine's own help supports neither topics nor examples.</remarks>
internal sealed partial class HelpText : SynchronousCommandLineAction
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
        Paragraph.Append(text, Breakable(command.Description ?? "", width), width);
        Paragraph.Append(text.Append('\n'), $"Usage: {Usage(command)}", width);
        foreach (Section section in sections)
        {
            text.Append('\n').Append(section.Title).Append(":\n");
            foreach ((string name, string description) in section.Rows)
            {
                if (name.Length <= widest)
                {
                    text.Append("  ").Append(name).Append(' ', indent - 2 - name.Length);
                }
                else
                {
                    Paragraph.Append(text.Append("  "), Breakable(name, width - 4), width, 4);
                    text.Append(' ', indent);
                }
                Paragraph.Append(text, Breakable(description, width - indent), width, indent);
            }
        }
        if (command is Verb { Examples: { Count: > 0 } examples })
        {
            text.Append("\nExamples:\n").AppendJoin("", examples.Select(example => $"  {Broken(example, width - 2)}\n"));
        }
        if (command.Subcommands.Count > 0)
        {
            Paragraph.Append(text.Append('\n'), $"'{CommandPath.Of(command)} VERB --help' tells more about a verb.", width);
        }
        return text.ToString();
    }

    /// <summary>A text whose words all fit in a line: longer ones end after one of | ; = and go on in the next line.</summary>
    private static string Breakable(string text, int room) => text.Split(' ').All(word => word.Length <= room) ? text
        : string.Join(' ', text.Split(' ').Select(word => word.Length <= room ? word : BreakWord(word, room)));

    private static string BreakWord(string word, int room)
    {
        var lines = new StringBuilder();
        int length = 0;
        foreach (Match part in Part().Matches(word))
        {
            if (length > 0 && length + part.Length > room)
            {
                lines.Append(' ');
                length = 0;
            }
            lines.Append(part.Value);
            length += part.Length;
        }
        return lines.ToString();
    }

    /// <summary>A command in several lines that a shell takes for one: each but the last ends with \. What follows # has a line of its own.</summary>
    private static string Broken(string example, int room)
    {
        if (example.Length <= room || OperatingSystem.IsWindows()) // its shells have other signs for this
        {
            return example;
        }
        if (example.IndexOf(" #", StringComparison.Ordinal) is > 0 and int comment)
        {
            return $"{Broken(example[..comment].TrimEnd(), room)}\n    {example[(comment + 1)..]}";
        }
        var lines = new StringBuilder();
        int length = 0;
        // An option stays with its value, where both have room.
        foreach (string word in Word().Matches(example).Select(match => match.Value.TrimEnd()))
        {
            if (length > 0 && length + 1 + word.Length + 2 > room)
            {
                lines.Append(" \\\n    ");
                length = 2;
            }
            else if (length > 0)
            {
                lines.Append(' ');
                length++;
            }
            lines.Append(word);
            length += word.Length;
        }
        return lines.ToString();
    }

    [GeneratedRegex("[^|;=]*[|;=]?")]
    private static partial Regex Part();

    [GeneratedRegex("""--\S+ (?!-)(?:"[^"]*"|'[^']*'|\S+) ?|(?:"[^"]*"|'[^']*'|\S)+ ?""")]
    private static partial Regex Word();

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
