using System.Text.Json;
using Engine.Host.Tests.Hostile;

namespace Engine.Host.Tests.Commands.Embedding;

public sealed class EmbedCommandTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Json_holds_rows_pooling_and_dimensions()
    {
        JsonElement json = Json(await EngineProcess.RunAsync("embed", "hello", "the hello", "--model", Bert(), "--json"));

        Assert.Equal(2, json.GetProperty("embeddings").GetArrayLength());
        Assert.Equal("mean", json.GetProperty("pooling").GetString()); // the file's own
        Assert.Equal(32, json.GetProperty("dimensions").GetInt32());
        Assert.All(json.GetProperty("embeddings").EnumerateArray(), row => Assert.Equal(32, row.GetArrayLength()));
        Assert.Equal([2, 4, 3], json.GetProperty("tokens")[0].EnumerateArray().Select(id => id.GetInt32()));
    }

    [Theory]
    [InlineData("cls", 0)]
    [InlineData("last", 2)]
    [InlineData("mean", null)]
    public async Task Pooled_rows_are_made_of_the_rows_of_the_tokens(string pooling, int? token)
    {
        float[][] rows = Rows(await EngineProcess.RunAsync("embed", "hello", "--model", Bert(), "--json", "--pooling", "none"));
        float[] pooled = Assert.Single(Rows(await EngineProcess.RunAsync("embed", "hello", "--model", Bert(), "--json", "--pooling", pooling)));

        Assert.Equal(3, rows.Length);
        float[] expected = token is { } one ? rows[one] : [.. Enumerable.Range(0, 32).Select(i => rows.Average(row => row[i]))];
        Assert.InRange(Agreement.OfRms(pooled, expected), 0, Agreement.Floats);
    }

    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task The_pooling_is_the_files_own_by_default(string backend)
    {
        string file = _folder.File("cls.gguf", SmallModels.Bert().Set("tokenizer.ggml.unknown_token_id", 1u).Set("bert.pooling_type", 2u).ToBytes());
        JsonElement json = Json(await EngineProcess.RunAsync("embed", "hello", "--model", file, "--backend", backend, "--json"));
        Assert.Equal("cls", json.GetProperty("pooling").GetString());
    }

    [Fact]
    public async Task Rank_gives_the_scores_of_the_files_classifier_on_both_backends()
    {
        string file = _folder.File("rank.gguf", SmallModels.Bert().Set("tokenizer.ggml.unknown_token_id", 1u).Set("bert.pooling_type", 4u)
            .Set("bert.classifier.output_labels", "no", "yes").Tensor("cls.weight", [32, 32]).Tensor("cls.bias", [32])
            .Tensor("cls.output.weight", [32, 2]).Tensor("cls.output.bias", [2]).ToBytes());
        string[] arguments = ["embed", "hello", "--model", file, "--numerics", "strict", "--json", "--backend"];
        Outcome nativeRun = await EngineProcess.RunAsync([.. arguments, "llama.cpp"]), referenceRun = await EngineProcess.RunAsync([.. arguments, "reference"]);
        JsonElement native = Json(nativeRun);
        Assert.Equal(("rank", 2), (native.GetProperty("pooling").GetString(), native.GetProperty("dimensions").GetInt32()));
        Assert.InRange(Agreement.OfRms(Rows(referenceRun), Rows(nativeRun)), 0, Agreement.HalfGelu);
        Outcome text = await EngineProcess.RunAsync("embed", "hello", "--model", file);
        Assert.Contains("2 scores of the classifier\n", text.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Normalized_rows_have_length_1()
    {
        float[] row = Assert.Single(Rows(await EngineProcess.RunAsync("embed", "hello", "--model", Bert(), "--normalize", "--json")));
        Assert.Equal(1, Math.Sqrt(row.Sum(value => (double)value * value)), 1e-6); // half an ulp of each number and of the length: 2e-7
    }

    [Fact]
    public async Task Texts_come_from_arguments_a_file_its_lines_or_as_ids()
    {
        string bert = Bert();
        string file = _folder.File("texts.txt", [.. "hello\n\nthe hello\r\n"u8]);
        float[][] arguments = Rows(await EngineProcess.RunAsync("embed", "hello", "the hello", "--model", bert, "--json"));
        Assert.Equal(arguments, Rows(await EngineProcess.RunAsync("embed", "--file", file, "--lines", "--model", bert, "--json")));
        Assert.Equal(arguments[..1], Rows(await EngineProcess.RunAsync("embed", "--tokens", "2,4,3", "--model", bert, "--json")));
        Assert.Single(Rows(await EngineProcess.RunAsync(["embed", "--file", "-", "--model", bert, "--json"], "hello\nthe hello")));
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("none")]
    public async Task Both_backends_give_the_same_rows_of_a_llama(string pooling)
    {
        string model = _folder.File("llama.gguf", SmallModels.Llama().ToBytes());
        string[] arguments = ["embed", "Hello", "--model", model, "--pooling", pooling, "--numerics", "strict", "--json", "--backend"];
        float[][] native = Rows(await EngineProcess.RunAsync([.. arguments, "llama.cpp"]));
        float[][] reference = Rows(await EngineProcess.RunAsync([.. arguments, "reference"]));
        Assert.InRange(Agreement.OfRms(reference, native), 0, Agreement.Floats);
    }

    [Theory]
    [InlineData("mean")]
    [InlineData("cls")]
    [InlineData("none")]
    public async Task Both_backends_give_the_same_rows_of_a_bert(string pooling)
    {
        string[] arguments = ["embed", "the hello", "--model", Bert(), "--pooling", pooling, "--numerics", "strict", "--json", "--backend"];
        float[][] native = Rows(await EngineProcess.RunAsync([.. arguments, "llama.cpp"]));
        float[][] reference = Rows(await EngineProcess.RunAsync([.. arguments, "reference"]));
        Assert.InRange(Agreement.OfRms(reference, native), 0, Agreement.HalfGelu);
    }

    [Fact]
    public async Task A_pair_is_embedded_by_the_reference_with_its_second_sentence_of_segment_1()
    {
        string bert = Bert();
        JsonElement pair = Json(await EngineProcess.RunAsync("embed", "hello", "--pair", "the", "--model", bert, "--backend", "reference", "--json"));
        JsonElement plain = Json(await EngineProcess.RunAsync("embed", "--tokens", "2,4,3,5,3", "--model", bert, "--backend", "reference", "--json"));
        Assert.Equal([2, 4, 3, 5, 3], pair.GetProperty("tokens")[0].EnumerateArray().Select(id => id.GetInt32()));
        Assert.NotEqual(pair.GetProperty("embeddings").ToString(), plain.GetProperty("embeddings").ToString());
    }

    [Fact]
    public async Task The_text_shows_the_first_numbers_and_the_cosines_in_80_columns()
    {
        Outcome outcome = await EngineProcess.RunAsync("embed", "hello", "the hello", "--model", Bert());

        Assert.Equal(0, outcome.ExitCode);
        Assert.Contains("pooling mean, 32 dimensions\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\n  1  \"hello\", 3 tokens\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\nCosine similarity\n", outcome.Output, StringComparison.Ordinal);
        Assert.Contains("\n  1  1.00000", outcome.Output, StringComparison.Ordinal);
        Assert.All(outcome.Output.Split('\n'), line => Assert.InRange(line.Length, 0, 80));
        Outcome tokens = await EngineProcess.RunAsync("embed", "hello", "--model", Bert(), "--pooling", "none");
        Assert.Contains("\n     [CLS]", tokens.Output, StringComparison.Ordinal);
        Assert.Contains("\n     ▁hello", tokens.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Impossible_requests_are_refused_with_a_message()
    {
        string bert = Bert();
        string listOfNothing = _folder.File("empty.txt", [.. "\n\n"u8]);
        foreach ((string[] arguments, string message) in new (string[], string)[]
        {
            ([], "A text is missing"),
            (["a", "--tokens", "1"], "found several"),
            (["a", "b", "--pair", "c"], "found 2"),
            (["a", "--lines"], "--file PATH"),
            (["--file", listOfNothing, "--lines"], "a line of text"),
            (["a", "--pooling", "men"], "Did you mean 'mean'?"),
            (["a", "--pooling", "rank"], "classifier head"),
            (["hello", "--pair", "the"], "segment 0"), // llama.cpp knows no segments
        })
        {
            Outcome outcome = await EngineProcess.RunAsync(["embed", .. arguments, "--model", bert]);
            Assert.True(outcome.ExitCode == 2, $"{string.Join(" ", arguments)}: {outcome}");
            Assert.Contains(message, outcome.Error, StringComparison.Ordinal);
            Assert.Empty(outcome.Output);
        }
    }

    private string Bert() => _folder.File("bert.gguf", SmallModels.Bert().Set("tokenizer.ggml.unknown_token_id", 1u).Tensor("token_types.weight", [32, 2]).ToBytes());

    private static JsonElement Json(Outcome outcome)
    {
        Assert.True(outcome.ExitCode == 0, outcome.ToString());
        return JsonDocument.Parse(outcome.Output).RootElement;
    }

    private static float[][] Rows(Outcome outcome) =>
        [.. Json(outcome).GetProperty("embeddings").EnumerateArray().Select(row => row.EnumerateArray().Select(value => value.GetSingle()).ToArray())];
}
