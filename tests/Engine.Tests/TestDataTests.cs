using System.Text.RegularExpressions;

namespace Engine.Tests;

public sealed partial class TestDataTests
{
    private static string Folder => Path.Combine(SharedFolder.Checkout, "tests", "Data");

    [Fact]
    public void The_real_weights_and_vocabularies_are_part_of_the_repository()
    {
        Assert.Equal(937_632, new FileInfo(TestData.Model("aidreams260K-f32.gguf")).Length);
        Assert.Equal(1_766_807, new FileInfo(TestData.Vocabulary("ggml-vocab-gpt-2.gguf")).Length);
    }

    [Fact]
    public void An_unknown_name_fails_its_test() =>
        Assert.Throws<FileNotFoundException>(() => TestData.Model("absent.gguf"));

    [Fact]
    public void The_readme_says_where_each_file_comes_from()
    {
        string readme = File.ReadAllText(Path.Combine(Folder, "README.md"));
        var named = FileName().Matches(readme).Select(match => match.Groups[1].Value).ToHashSet();
        var there = Directory.EnumerateFiles(Folder, "*", SearchOption.AllDirectories).Select(path => Path.GetFileName(path)!)
            .Where(name => name != "README.md" && !name.EndsWith(".inp", StringComparison.Ordinal) && !name.EndsWith(".out", StringComparison.Ordinal));
        Assert.Equal(there.Order(StringComparer.Ordinal), named.Order(StringComparer.Ordinal));
    }

    /// <summary>The first cell of a table's row: <c>| `name` |</c>.</summary>
    [GeneratedRegex(@"^\| `([^`]+)` \|", RegexOptions.Multiline)]
    private static partial Regex FileName();
}
