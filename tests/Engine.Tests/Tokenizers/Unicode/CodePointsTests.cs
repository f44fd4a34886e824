using System.Text;
using Engine.Tokenizers.Unicode;

namespace Engine.Tests.Tokenizers.Unicode;

/// <summary>The tables against what llama.cpp does with each code point: vocabularies whose ids betray its class, its
/// lowercase and its decomposition.</summary>
public sealed class CodePointsTests : IDisposable
{
    private static readonly bool All = Environment.GetEnvironmentVariable("ENGINE_ALL_CODE_POINTS") == "1";

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Blanks_signs_marks_lowercase_and_decomposition_are_llama_cpps()
    {
        string path = _folder.File("word-piece.gguf");
        ByteVocabulary.WriteWordPiece(path);
        await CompareAsync(path, point => $"x{point}y ");
    }

    [Theory]
    [InlineData("gpt-2")]          // letters, numbers, blanks, others
    [InlineData("deepseek-coder")] // punctuation
    [InlineData("deepseek-v3")]    // marks, symbols
    public async Task Classes_are_llama_cpps(string preTokenizer)
    {
        string path = _folder.File("probing.gguf");
        ByteVocabulary.WriteProbing(path, preTokenizer);
        await CompareAsync(path, point => $"\na{point}a\n1{point}1\n!{point}!");
    }

    [Fact]
    public void Examples_of_every_kind_are_as_Unicode_has_them()
    {
        Assert.Equal(CodePointFlags.Letter, CodePoints.Flags('ß'));
        Assert.Equal(CodePointFlags.Number, CodePoints.Flags('½'));
        Assert.Equal(CodePointFlags.Mark, CodePoints.Flags(0x301));
        Assert.Equal(CodePointFlags.Control | CodePointFlags.Whitespace, CodePoints.Flags('\n'));
        Assert.Equal(CodePointFlags.Whitespace, CodePoints.Flags(0x3000));
        Assert.Equal(CodePointFlags.Letter, CodePoints.Flags(0x2EBF0));     // new in 15.1
        Assert.Equal(CodePointFlags.Unassigned, CodePoints.Flags(0x1C89)); // new in 16
        Assert.Equal('é', CodePoints.Lowercase('É'));
        Assert.Equal('e', CanonicalForms.First('é'));
        Assert.Equal(0x1112, CanonicalForms.First('한'));
    }

    private static async Task CompareAsync(string path, Func<string, string> sentence)
    {
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(path);
        foreach (int[] points in Points().Chunk(2_000))
        {
            var text = new StringBuilder();
            foreach (int point in points)
            {
                text.Append(sentence(char.ConvertFromUtf32(point)));
            }
            if (!pair.Native.Encode(text.ToString(), false).SequenceEqual(pair.Managed.Encode(text.ToString(), false)))
            {
                foreach (int point in points)
                {
                    string alone = sentence(char.ConvertFromUtf32(point));
                    Assert.True(pair.Native.Encode(alone, false).SequenceEqual(pair.Managed.Encode(alone, false)), $"U+{point:X4}");
                }
                Assert.Fail($"U+{points[0]:X4} to U+{points[^1]:X4} together");
            }
        }
    }

    // Where anything changes, both neighbours, and every 61st of the rest.
    private static IEnumerable<int> Points()
    {
        for (int point = 1; point < CodePoints.Count; point++)
        {
            if (point is >= 0xD800 and < 0xE000)
            {
                continue;
            }
            bool changes = point + 1 == CodePoints.Count || Differ(point, point - 1) || Differ(point, point + 1);
            if (All || changes || point % 61 == 0)
            {
                yield return point;
            }
        }
    }

    private static bool Differ(int point, int neighbour) =>
        CodePoints.Flags(point) != CodePoints.Flags(neighbour)
        || CodePoints.Lowercase(point) - point != CodePoints.Lowercase(neighbour) - neighbour
        || CanonicalForms.First(point) != point && CanonicalForms.First(point) != CanonicalForms.First(neighbour);
}
