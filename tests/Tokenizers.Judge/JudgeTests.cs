using System.Globalization;
using System.Text;
using Engine;
using Engine.BuiltIn;
using Engine.Gguf;
using Engine.HuggingFace.Exporting;
using Engine.Tokenizers;
using Engine.Tokenizers.Unicode;

namespace Tokenizers.Judge;

/// <summary>The managed tokenizers, as trained, against Hugging Face's on real vocabularies; and how often llama.cpp differs,
/// which is what docs/tokenizers.md says.</summary>
public sealed class JudgeTests : IDisposable
{
    private static readonly int Texts = int.TryParse(Environment.GetEnvironmentVariable("ENGINE_TOKENIZER_TEXTS"), out int asked) ? asked : 400;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama2", false)]
    [InlineData("llama3", false)]
    [InlineData("llama3_1", false)]
    [InlineData("deepseek_v3", false)]
    [InlineData("gemma3", false)]
    [InlineData("qwen3", true)]
    [InlineData("gptoss", true)]
    public async Task Texts_are_split_as_Hugging_Face_splits_them(string name, bool llamaCppDiffers)
    {
        string path = _folder.File($"{name}.gguf");
        ImportedVocabulary.Write(Judge.Vocabulary(name), path);
        await CompareAsync(Judge.Vocabulary(name), path, llamaCppDiffers);
    }

    [Theory]
    [InlineData("builtin:llama-stories-f32", false)]
    [InlineData("builtin:llama-tools-q8_0", true)]
    [InlineData("builtin:bert-facts", true)]
    [InlineData("builtin:t5-translations", false)]
    public async Task Texts_are_split_as_Hugging_Face_splits_them_by_the_tokenizer_that_was_exported(string name, bool llamaCppDiffers)
    {
        string path = BundledModels.Resolve(name), description = _folder.File("tokenizer.json");
        using (GgufFile file = GgufFile.Open(path))
        {
            await File.WriteAllTextAsync(description, VocabularyExport.Tokenizer(file).ToJsonString());
        }
        await CompareAsync(description, path, llamaCppDiffers);
    }

    [SharedFact]
    public async Task MiniLMs_texts_are_split_as_Hugging_Face_splits_them()
    {
        string path = _folder.File("minilm.gguf");
        ImportedVocabulary.Write(SharedFolder.MiniLm("tokenizer.json"), path);
        await CompareAsync(SharedFolder.MiniLm("tokenizer.json"), path, llamaCppDiffers: true);
    }

    [Theory]
    [InlineData("gpt-2", false)]
    [InlineData("starcoder", false)]
    [InlineData("falcon", false)]
    [InlineData("llama-spm", false)]
    public async Task Texts_are_split_as_the_published_settings_of_a_vocabulary_split_them(string name, bool llamaCppDiffers)
    {
        string path = TestData.Vocabulary($"ggml-vocab-{name}.gguf");
        string description = _folder.File($"{name}.json");
        PublishedSettings.Write(name, path, description);
        await CompareAsync(description, path, llamaCppDiffers);
    }

    private static async Task CompareAsync(string tokenizerJson, string path, bool llamaCppDiffers)
    {
        using GgufFile file = GgufFile.Open(path);
        ITokenizer trained = FileTokenizer.Read(file.Metadata, file.Metadata.RequireString(GgufKeys.Architecture), TokenizerRule.Trained);
        await using TokenizerPair pair = await TokenizerPair.OpenAsync(path);
        int[] hidden = [.. Enumerable.Range(0, trained.VocabularySize).Where(token => trained.GetBytes(token).IsEmpty)];
        JudgedText[] texts = [.. new GeneratedTexts(seed: 41, [.. hidden.Take(20).Select(trained.GetPiece)]).Take(Texts)
            .Select(Known).Select((text, number) => new JudgedText(text, AddSpecial: number % 2 == 0, ParseSpecial: false))];
        IReadOnlyList<int[]> expected = Judge.Split("rust", tokenizerJson, hidden, texts);

        int differing = 0;
        for (int i = 0; i < texts.Length; i++)
        {
            (string text, bool addSpecial, bool parseSpecial) = texts[i];
            IReadOnlyList<int> found = trained.Encode(text, addSpecial, parseSpecial);
            if (!expected[i].SequenceEqual(found))
            {
                string points = string.Join(' ', text.EnumerateRunes().Select(rune => rune.Value.ToString("X4", null)));
                Assert.Fail($"text {i}: expected {string.Join(' ', expected[i])}, found {string.Join(' ', found)}; code points {points}");
            }
            differing += pair.Native.Encode(text, addSpecial, parseSpecial).SequenceEqual(expected[i]) ? 0 : 1;
        }
        Assert.True(differing > 0 == llamaCppDiffers, $"llama.cpp splits {differing} of {texts.Length} texts otherwise than Hugging Face; docs/tokenizers.md says something else.");
        pair.SplitAlike(texts.Select(text => text.Text));
    }

    // Well-formed, and without the characters that Unicode 15.1 does not know: to Hugging Face's newer tables some are letters.
    private static string Known(string text)
    {
        var known = new StringBuilder();
        foreach (Rune rune in text.EnumerateRunes())
        {
            known.Append(CodePoints.Category(rune.Value) == UnicodeCategory.OtherNotAssigned ? new Rune('.') : rune);
        }
        return known.ToString();
    }
}
