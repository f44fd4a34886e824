using System.Text.Json;
using Engine.LlamaCpp.Direct;

namespace Engine.Tests.LlamaCpp;

/// <summary>Real weights against the float64 NumPy forward in tests/Data/models.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class GoldenTests
{
    /// <summary>Half a unit of the file's last digit.</summary>
    private const double Decimals = 5e-7;

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
            double tolerance = rms[p] * Agreement.Floats + Decimals;
            Assert.All(first8[p].EnumerateArray().Select(x => x.GetDouble()), (expected, i) => Assert.Equal(expected, rows[p][i], tolerance));
            Assert.Equal(rms[p], Agreement.Rms(rows[p]), tolerance);
            Agreement.AssertLargest(argmax[p], rows[p]);
            if (p + 1 < rows.Length)
            {
                logLikelihood += rows[p][tokens[p + 1]] - Math.Log(rows[p].Sum(x => Math.Exp(x)));
            }
        }
        double golden = Golden.GetProperty("perplexity_of_score_tokens").GetDouble();
        Assert.Equal(golden, Math.Exp(-logLikelihood / (rows.Length - 1)), golden * Agreement.Floats); // a mean of logits, in the exponent
    }

    [Fact]
    public async Task The_layers_outputs_are_those_of_float64()
    {
        await using var model = await Load();
        double[] rms = Numbers("layer_output_rms");
        string[] names = [.. Enumerable.Range(0, rms.Length).Select(i => $"l_out-{i}")];
        var block = await model.ScoreAsync(new() { Tokens = Prompt.FromTokens(Ids("score_tokens")), Numerics = Numerics.Strict, Activations = names }).FirstAsync();
        Assert.Equal(names, block.Activations.Select(activation => activation.Name));
        Assert.All(block.Activations, (activation, i) => Assert.Equal(rms[i], Agreement.Rms(activation.Values), rms[i] * Agreement.Floats + Decimals));
    }
}
