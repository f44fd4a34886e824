using System.Text.Json;
using System.Text.RegularExpressions;
using Engine.Host.Commands;

namespace Engine.Host.Tests.Documents;

/// <summary>What README and docs say can be checked without running it: C#, JSON, command lines, links.</summary>
public sealed partial class DocumentTests
{
    private static readonly Lazy<IReadOnlyList<string[]>> Samples = new(() =>
        [.. Directory.EnumerateFiles(Document.FullPath("tests/Samples"), "*.cs").Select(path => File.ReadAllText(path).ReplaceLineEndings("\n").Split('\n'))]);

    public static TheoryData<string> Documents { get; } = [.. Document.Paths];

    [Fact]
    public void README_fits_in_six_kilobytes() => Assert.InRange(new FileInfo(Document.FullPath("README.md")).Length, 1, 6144);

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_block_of_CSharp_is_compiled_in_tests_Samples(string path)
    {
        foreach (Document.Block block in Document.Read(path).Blocks.Where(block => block.Language == "csharp"))
        {
            foreach (string[] part in Parts(block.Lines))
            {
                Assert.True(Samples.Value.Any(sample => Holds(sample, part)), $"No file of tests/Samples has these lines of {path}:\n{string.Join('\n', part)}");
            }
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_block_of_JSON_parses(string path)
    {
        foreach (Document.Block block in Document.Read(path).Blocks.Where(block => block.Language == "json" && !block.Text.Contains('…')))
        {
            using var _ = JsonDocument.Parse(block.Text);
        }
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_command_line_of_engine_is_accepted(string path)
    {
        IEnumerable<IReadOnlyList<string>> lines = Document.Read(path).Blocks.SelectMany(block => block.Lines)
            .Select(line => Document.Words(line.Replace("dotnet run -c Release --project src/Host --", "engine", StringComparison.Ordinal)))
            .Where(words => words is ["engine", ..] && !words.Contains("…"));
        Assert.All(lines, words => Assert.Null(Mistakes.Describe(EngineCommand.Create().Parse([.. words.Skip(1)]))));
    }

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_link_leads_to_a_file_and_a_heading(string path)
    {
        string folder = Path.GetDirectoryName(Document.FullPath(path))!;
        foreach (Match link in Link().Matches(Document.Read(path).Text))
        {
            string target = Path.GetFullPath(Path.Combine(folder, link.Groups["file"].Value));
            target = link.Groups["file"].Length == 0 ? Document.FullPath(path) : target;
            Assert.True(Path.Exists(target), $"{path} has a link to {link.Value}, which is not there.");
            string heading = link.Groups["heading"].Value;
            if (heading.Length > 0)
            {
                Assert.Contains(heading, Headings(target));
            }
        }
    }

    /// <summary>The lines between blank ones and those that stand for others.</summary>
    private static IEnumerable<string[]> Parts(IReadOnlyList<string> lines)
    {
        var part = new List<string>();
        foreach (string line in lines.Append(""))
        {
            if (line.Trim() is not ("" or "…"))
            {
                part.Add(line);
            }
            else if (part.Count > 0)
            {
                yield return [.. part];
                part.Clear();
            }
        }
    }

    /// <summary>Whether the lines stand in a file one after the other, all of them indented by as much more.</summary>
    private static bool Holds(string[] file, string[] part)
    {
        for (int start = 0; start + part.Length <= file.Length; start++)
        {
            if (!file[start].EndsWith(part[0], StringComparison.Ordinal))
            {
                continue;
            }
            string indent = file[start][..^part[0].Length];
            if (string.IsNullOrWhiteSpace(indent) && part.Select((line, i) => file[start + i] == indent + line).All(same => same))
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>As GitHub names them: lower case, without punctuation, blanks as hyphens.</summary>
    private static HashSet<string> Headings(string file) =>
        [.. File.ReadLines(file).Where(line => line.StartsWith('#')).Select(line => Punctuation().Replace(line.TrimStart('#').Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"\]\((?<file>[^)#:\s]*)(#(?<heading>[^)\s]+))?\)")]
    private static partial Regex Link();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
