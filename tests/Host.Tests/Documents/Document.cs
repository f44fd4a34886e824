using System.Text;
using System.Text.RegularExpressions;

namespace Engine.Host.Tests.Documents;

/// <summary>A Markdown file of the repository, by its path from the checkout, with its fenced blocks.</summary>
internal sealed record Document(string Path, string Text)
{
    private static readonly string[] Single = ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "native/README.md"];

    public static IEnumerable<string> Paths { get; } =
    [
        .. Single,
        .. new[] { "docs", "models" }.SelectMany(folder => Directory.EnumerateFiles(FullPath(folder), "*.md", SearchOption.AllDirectories))
            .Select(path => System.IO.Path.GetRelativePath(SharedFolder.Checkout, path)).Order(StringComparer.Ordinal),
    ];

    public IReadOnlyList<Block> Blocks { get; } = [.. BlocksOf(Text)];

    public static Document Read(string path) => new(path, File.ReadAllText(FullPath(path)));

    public static string FullPath(string path) => System.IO.Path.Combine(SharedFolder.Checkout, path);

    /// <summary>The words of a line that a shell runs: quotes taken off, less a prompt <c>$</c> and a comment.</summary>
    public static IReadOnlyList<string> Words(string line)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        bool quoted = false, begun = false;
        foreach (char c in line.TrimStart('$', ' ') + " ")
        {
            if (c == '"')
            {
                (quoted, begun) = (!quoted, true);
            }
            else if (c != ' ' || quoted)
            {
                word.Append(c);
                begun = true;
            }
            else if (begun)
            {
                if (word.Length > 0 && word[0] == '#')
                {
                    break;
                }
                words.Add(word.ToString());
                word.Clear();
                begun = false;
            }
        }
        return words;
    }

    private static IEnumerable<Block> BlocksOf(string text)
    {
        string language = "";
        List<string>? lines = null;
        foreach (string line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            if (!line.StartsWith("```", StringComparison.Ordinal))
            {
                lines?.Add(line);
            }
            else if (lines is null)
            {
                (language, lines) = (line[3..].Trim(), []);
            }
            else
            {
                yield return new(language, lines);
                lines = null;
            }
        }
    }

    internal sealed record Block(string Language, IReadOnlyList<string> Lines)
    {
        public string Text => string.Join('\n', Lines);
    }
}

/// <summary>What a document shows of a program's output, compared with what the program prints.</summary>
/// <remarks>Free are: where lines are wrapped; what <c>…</c> stands for; and the digits of measured numbers, those with a point or an exponent, which depend on
/// the processor's order of sums.</remarks>
internal static partial class ShownOutput
{
    public static void AssertPrinted(string shown, string printed)
    {
        string pattern = string.Join(".*", Plain(shown).Split('…').Select(Regex.Escape));
        Assert.True(Regex.IsMatch(Plain(printed), $"^{pattern}$"), $"The document shows\n{shown}\nand the program prints\n{printed}");
    }

    private static string Plain(string text) => Number().Replace(Blanks().Replace(text, ""), "#");

    [GeneratedRegex(@"\s+")]
    private static partial Regex Blanks();

    [GeneratedRegex(@"\d+\.\d+(e[-+]?\d+)?|\d+e[-+]?\d+")]
    private static partial Regex Number();
}
