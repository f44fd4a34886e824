using System.Text.Json;
using Engine.LlamaCpp;

namespace Engine.Tests.LlamaCpp;

/// <summary>Real weights against the float64 NumPy forward in tests/Data/models.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class GoldenTests
{
    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllText(TestData.Model("aidreams260K.expected.json"))).RootElement;

    private static ValueTask<IModel> Load(string name = "aidreams260K-f32.gguf", int slots = 1) =>
        new LlamaCppBackend().LoadAsync(new() { Path = TestData.Model(name), Device = "cpu", Slots = slots });

    private static int[] Ids(string property) => [.. Golden.GetProperty(property).EnumerateArray().Select(id => id.GetInt32())];

    private static double[] Numbers(string property) => [.. Golden.GetProperty(property).EnumerateArray().Select(x => x.GetDouble())];

    private static GenerateRequest Greedy => new() { Prompt = Prompt.FromTokens(Ids("start")), MaxTokens = 100, Sampling = SamplingOptions.Greedy };

    [Fact]
    public async Task Greedy_tokens_are_those_of_the_golden_file()
    {
        await using var model = await Load();
        Assert.Equal(Ids("greedy"), await model.GenerateAsync(Greedy).Select(token => token.Token).ToArrayAsync());
    }

    [Fact]
    public async Task Eight_threads_on_four_slots_get_the_golden_tokens_each()
    {
        await using var model = await Load(slots: 4);
        var answers = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(async () => await model.GenerateAsync(Greedy).Select(token => token.Token).ToArrayAsync())));
        Assert.All(answers, answer => Assert.Equal(Ids("greedy"), answer));
    }

    [Fact]
    public async Task The_text_begins_as_llama_cpp_prints_it()
    {
        await using var model = await Load();
        string text = string.Concat(await model.GenerateAsync(Greedy).Select(token => token.Text).ToListAsync());
        Assert.StartsWith("\"Echoes of vectors unfold, a gentle hum of precision", text.TrimStart(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Strict_logits_are_those_of_float64()
    {
        await using var model = await Load();
        int[] tokens = Ids("score_tokens");
        var blocks = await model.ScoreAsync(new() { Tokens = Prompt.FromTokens(tokens), Numerics = Numerics.Strict, BlockRows = 7 }).ToListAsync();
        float[][] rows = [.. blocks.SelectMany(block => Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()))];
        var first8 = Golden.GetProperty("logits_first8").EnumerateArray().ToList();
        double[] rms = Numbers("logits_rms");
        int[] argmax = Ids("argmax");
        Assert.Equal(tokens.Length, rows.Length);
        double logLikelihood = 0;
        for (int p = 0; p < rows.Length; p++)
        {
            // F32 arithmetic stands within 2e-5 of float64 here; the file has six digits behind the point.
            Assert.All(first8[p].EnumerateArray().Select(x => x.GetDouble()), (expected, i) => Assert.Equal(expected, rows[p][i], 1e-4));
            Assert.Equal(rms[p], Math.Sqrt(rows[p].Average(x => (double)x * x)), 1e-4);
            Assert.Equal(argmax[p], Array.IndexOf(rows[p], rows[p].Max()));
            if (p + 1 < rows.Length)
            {
                logLikelihood += rows[p][tokens[p + 1]] - Math.Log(rows[p].Sum(x => Math.Exp(x)));
            }
        }
        Assert.Equal(Golden.GetProperty("perplexity_of_score_tokens").GetDouble(), Math.Exp(-logLikelihood / (rows.Length - 1)), 1e-3);
    }

    [Fact]
    public async Task The_layers_outputs_are_those_of_float64()
    {
        await using var model = await Load();
        double[] rms = Numbers("layer_output_rms");
        string[] names = [.. Enumerable.Range(0, rms.Length).Select(i => $"l_out-{i}")];
        var block = await model.ScoreAsync(new() { Tokens = Prompt.FromTokens(Ids("score_tokens")), Numerics = Numerics.Strict, Activations = names }).FirstAsync();
        Assert.Equal(names, block.Activations.Select(activation => activation.Name));
        Assert.All(block.Activations, (activation, i) => Assert.Equal(rms[i], Math.Sqrt(activation.Values.Average(x => (double)x * x)), 1e-3));
    }
}
