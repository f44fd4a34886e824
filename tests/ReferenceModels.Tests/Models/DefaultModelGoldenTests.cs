using System.Security.Cryptography;
using System.Text.Json;
using Engine;
using Engine.BuiltIn;

namespace ReferenceModels.Tests.Models;

/// <summary>The default model against tests/Golden/default-llama: a float64 forward pass of NumPy alone. Logits reach 25 and the rows of
/// the last layer 12, by position and layer; so each is measured by its own root mean square.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class DefaultModelGoldenTests
{
    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "default-llama", "golden.json"))).RootElement;

    public static TheoryData<string> Sequences => [.. Golden.GetProperty("sequences").EnumerateArray().Select(sequence => sequence.GetProperty("name").GetString()!)];

    [Fact]
    public void The_numbers_belong_to_this_file() =>
        Assert.Equal(Golden.GetProperty("model_sha256").GetString(), Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(DefaultModel.FindF32()))));

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task The_reference_gives_the_golden_logits(string name)
    {
        await using IModel model = await ReferenceModelFixture.LoadAsync(DefaultModel.FindF32());
        await CheckLogits(model, name);
    }

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task Llama_cpp_gives_the_golden_logits(string name)
    {
        await using IModel model = await ReferenceModelFixture.LoadNativeAsync(DefaultModel.FindF32(), contextLength: 256);
        await CheckLogits(model, name);
    }

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task The_output_of_every_layer_is_as_large_as_the_golden_one(string name)
    {
        JsonElement sequence = Find(name);
        await using IModel model = await ReferenceModelFixture.LoadAsync(DefaultModel.FindF32());
        double[] golden = Doubles(sequence.GetProperty("layer_rms"));
        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens(Ints(sequence.GetProperty("tokens"))),
            Activations = [.. golden.Select((_, layer) => $"l_out-{layer}")],
        };

        ScoreBlock first = await model.ScoreAsync(request).FirstAsync();

        for (int layer = 0; layer < golden.Length; layer++)
        {
            Activation output = first.Activations.Single(activation => activation.Name == $"l_out-{layer}");
            Assert.Equal(golden[layer], Agreement.Rms(output.Values), golden[layer] * Agreement.Floats);
        }
    }

    private static async Task CheckLogits(IModel model, string name)
    {
        JsonElement sequence = Find(name);
        float[][] rows = await ReferenceModelFixture.ScoreAsync(model, Ints(sequence.GetProperty("tokens")));

        int[] argmax = Ints(sequence.GetProperty("argmax"));
        double[] rms = Doubles(sequence.GetProperty("logit_rms"));
        Assert.Equal(rms.Length, rows.Length);
        for (int position = 0; position < rows.Length; position++)
        {
            Agreement.AssertLargest(argmax[position], rows[position]);
            Assert.Equal(rms[position], Agreement.Rms(rows[position]), rms[position] * Agreement.Floats);
        }
        foreach (JsonElement row in sequence.GetProperty("logits").EnumerateArray())
        {
            int position = row.GetProperty("position").GetInt32();
            double worst = Doubles(row.GetProperty("values")).Zip(rows[position], (expected, actual) => Math.Abs(expected - actual)).Max() / rms[position];
            Assert.True(worst <= Agreement.Floats, $"{name}, position {position}: largest difference {worst:E2} of the RMS, tolerance {Agreement.Floats:E2}.");
        }
    }

    private static JsonElement Find(string name) =>
        Golden.GetProperty("sequences").EnumerateArray().Single(sequence => sequence.GetProperty("name").GetString() == name);

    private static int[] Ints(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetInt32())];

    private static double[] Doubles(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetDouble())];
}
