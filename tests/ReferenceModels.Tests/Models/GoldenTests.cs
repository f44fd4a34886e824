using System.Text.Json;
using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>Real trained weights, made by other people, against a float64 NumPy forward pass of the same checkpoint
/// (<c>tests/Data/README.md</c>).</summary>
/// <remarks>The file has six decimals; half a unit of the last is 5e-7. Float against double adds what <see cref="Agreement.Floats"/>
/// allows, of the root mean square of a row.</remarks>
public sealed class GoldenTests
{
    private const double Decimals = 5e-7;

    private static readonly JsonElement Golden = JsonDocument.Parse(File.ReadAllText(TestData.Model("aidreams260K.expected.json"))).RootElement;

    [Fact]
    public async Task The_logits_of_real_weights_are_the_golden_ones()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(TestData.Model("aidreams260K-f32.gguf"));
        int[] tokens = Ints("score_tokens");
        float[][] rows = await ReferenceModelFixture.ScoreAsync(model, tokens);
        double perplexity = 0;
        for (int t = 0; t < tokens.Length; t++)
        {
            double[] expected = [.. Golden.GetProperty("logits_first8")[t].EnumerateArray().Select(value => value.GetDouble())];
            double rms = Golden.GetProperty("logits_rms")[t].GetDouble(), tolerance = rms * Agreement.Floats + Decimals;
            for (int i = 0; i < expected.Length; i++)
            {
                Assert.Equal(expected[i], rows[t][i], tolerance);
            }
            Assert.Equal(rms, Agreement.Rms(rows[t]), tolerance);
            Agreement.AssertLargest(Golden.GetProperty("argmax")[t].GetInt32(), rows[t]);
            if (t + 1 < tokens.Length)
            {
                double max = rows[t].Max();
                perplexity -= rows[t][tokens[t + 1]] - max - Math.Log(rows[t].Sum(value => Math.Exp(value - max)));
            }
        }
        double golden = Golden.GetProperty("perplexity_of_score_tokens").GetDouble();
        Assert.Equal(golden, Math.Exp(perplexity / (tokens.Length - 1)), golden * Agreement.Floats); // a mean of logits, in the exponent
    }

    [Fact]
    public async Task The_greedy_continuation_of_real_weights_is_the_golden_one()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(TestData.Model("aidreams260K-f32.gguf"));
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromTokens(Ints("start")),
            MaxTokens = 100,
            Sampling = SamplingOptions.Greedy,
            IgnoreEndOfGeneration = true,
        };
        List<int> tokens = [];
        await foreach (GeneratedToken token in model.GenerateAsync(request))
        {
            tokens.Add(token.Token);
        }
        Assert.Equal(Ints("greedy"), tokens);
    }

    [Fact]
    public async Task The_output_of_every_layer_is_as_large_as_the_golden_one()
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(TestData.Model("aidreams260K-f32.gguf"));
        var request = new ScoreRequest { Tokens = Prompt.FromTokens(Ints("score_tokens")), Activations = ["l_out-0", "l_out-1", "l_out-2", "l_out-3"] };
        ScoreBlock first = await model.ScoreAsync(request).FirstAsync();
        Assert.Equal(4, first.Activations.Count);
        for (int layer = 0; layer < 4; layer++)
        {
            Activation l_out = first.Activations.Single(activation => activation.Name == $"l_out-{layer}");
            Assert.Equal([64, 32], l_out.Shape);
            double rms = Golden.GetProperty("layer_output_rms")[layer].GetDouble();
            Assert.Equal(rms, Agreement.Rms(l_out.Values), rms * Agreement.Floats + Decimals);
        }
    }

    private static int[] Ints(string name) => [.. Golden.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
}
