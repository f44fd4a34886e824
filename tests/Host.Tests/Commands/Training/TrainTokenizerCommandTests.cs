using System.Text;
using System.Text.Json;

namespace Engine.Host.Tests.Commands.Training;

public sealed class TrainTokenizerCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("bpe", "byte_level_bpe")]
    [InlineData("wordpiece", "word_piece")]
    [InlineData("unigram", "unigram")]
    public async Task A_trained_vocabulary_is_one_that_both_tokenizers_split_with(string scheme, string name)
    {
        string data = Corpus();
        string path = _folder.File("vocabulary.gguf");
        Outcome trained = await EngineProcess.RunAsync("train-tokenizer", "--data", data, "--out", path, "--scheme", scheme, "--size", "400", "--json");
        Assert.Equal(0, trained.ExitCode);
        JsonElement json = JsonDocument.Parse(trained.Output).RootElement;
        Assert.Equal(name, json.GetProperty("scheme").GetString());
        Assert.InRange(json.GetProperty("tokens").GetInt32(), 30, 400);
        Assert.True(json.GetProperty("bytes_per_token").GetDouble() > 1.5);

        Outcome split = await EngineProcess.RunAsync("tokenize", "The old river sings, naïve 世界!", "--model", path);
        Assert.Equal(0, split.ExitCode);
        Assert.EndsWith("native (llama.cpp) and native (reference) agree.\n", split.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fewer_tokens_than_requested_are_reported()
    {
        Outcome outcome = await EngineProcess.RunAsync("train-tokenizer", "--data", Corpus(), "--out", _folder.File("v.gguf"));
        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("(8,000 were asked for; the text gives no more)", outcome.Output, StringComparison.Ordinal);
        Assert.All(outcome.Output.Split('\n').Skip(1), line => Assert.InRange(line.Length, 0, 80));
        Assert.Empty(outcome.Error);
    }

    [Fact]
    public async Task Mistakes_give_messages_and_write_nothing()
    {
        string data = Corpus();
        string path = _folder.File("v.gguf");
        Outcome small = await EngineProcess.RunAsync("train-tokenizer", "--data", data, "--out", path, "--size", "100");
        Assert.Equal(2, small.ExitCode);
        Assert.StartsWith("Training a vocabulary: expected a size of at least 257", small.Error, StringComparison.Ordinal);
        Assert.Equal(2, (await EngineProcess.RunAsync("train-tokenizer", "--data", data, "--out", data)).ExitCode);
        Outcome unknown = await EngineProcess.RunAsync("train-tokenizer", "--data", data, "--out", path, "--pre", "nosuch");
        Assert.Contains("found 'nosuch'", unknown.Error, StringComparison.Ordinal);
        Outcome absent = await EngineProcess.RunAsync("train-tokenizer", "--data", data, "--out", Path.Combine(path, "nowhere", "v.gguf"));
        Assert.StartsWith("Writing the vocabulary", absent.Error, StringComparison.Ordinal);
        Assert.False(File.Exists(path));
    }

    private string Corpus()
    {
        var text = new StringBuilder();
        string[] words = ["river", "sings", "singing", "old", "older", "naïve", "stone", "stones", "the", "The", "and", "世界"];
        for (int i = 0; i < 2000; i++)
        {
            text.Append(words[i * i % 11 % words.Length]).Append(i % 9 == 8 ? ".\n" : " ");
        }
        return _folder.File("corpus.txt", Encoding.UTF8.GetBytes(text.ToString()));
    }
}
