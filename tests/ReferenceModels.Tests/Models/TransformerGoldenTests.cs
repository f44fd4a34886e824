using System.Text.Json;
using Engine;

namespace ReferenceModels.Tests.Models;

/// <summary>The Transformer against tests/Golden/transformer: PyTorch's layers in float64. The tolerance and its reason are in
/// the file.</summary>
public sealed class TransformerGoldenTests : IDisposable
{
    private static readonly JsonElement Golden = JsonDocument.Parse(
        File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "transformer", "golden.json"))).RootElement;

    private static readonly double Tolerance = Golden.GetProperty("tolerance").GetProperty("max_abs").GetDouble();

    private readonly TemporaryFolder _folder = new();

    /// <summary>The name of a case and a row of its batch.</summary>
    public static TheoryData<string, int> Sequences
    {
        get
        {
            var data = new TheoryData<string, int>();
            foreach (JsonElement golden in Golden.GetProperty("cases").EnumerateArray())
            {
                for (int row = 0; row < golden.GetProperty("sources").GetArrayLength(); row++)
                {
                    data.Add(golden.GetProperty("name").GetString()!, row);
                }
            }
            return data;
        }
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task The_logits_of_a_target_are_PyTorchs(string name, int row)
    {
        JsonElement golden = Find(name);
        await using IModel model = await ReferenceModelFixture.LoadAsync(Write(golden));
        var request = new ScoreRequest
        {
            Tokens = Prompt.FromTokens(Ints(golden.GetProperty("targets")[row])),
            Source = Prompt.FromTokens(Ints(golden.GetProperty("sources")[row])),
        };
        List<float> logits = [];
        await foreach (ScoreBlock block in model.ScoreAsync(request))
        {
            logits.AddRange(Enumerable.Range(0, block.Rows).SelectMany(r => block.Row(r).ToArray()));
        }
        AssertNear(golden.GetProperty("logits")[row], [.. logits]);
    }

    [Theory]
    [MemberData(nameof(Sequences))]
    public async Task The_rows_of_the_encoder_are_PyTorchs(string name, int row)
    {
        JsonElement golden = Find(name);
        await using IModel model = await ReferenceModelFixture.LoadAsync(Write(golden));
        var request = new EmbedRequest { Inputs = [Prompt.FromTokens(Ints(golden.GetProperty("sources")[row]))], Pooling = Pooling.None };
        AssertNear(golden.GetProperty("encoded")[row], [.. (await model.EmbedAsync(request)).Rows.SelectMany(values => values)]);
    }

    private static void AssertNear(JsonElement rows, float[] actual)
    {
        double[] expected = [.. rows.EnumerateArray().SelectMany(values => values.EnumerateArray().Select(value => value.GetDouble()))];
        Assert.Equal(expected.Length, actual.Length);
        double worst = expected.Zip(actual, (a, b) => Math.Abs(a - b)).Max();
        Assert.True(worst <= Tolerance, $"largest difference {worst:E2}, tolerance {Tolerance:E2}");
    }

    private string Write(JsonElement golden)
    {
        int Int(string name) => golden.GetProperty(name).GetInt32();
        var file = new TransformerFile
        {
            V = Int("vocabulary"),
            Width = Int("width"),
            Inner = Int("inner"),
            H = Int("heads"),
            N = Int("encoder"),
            M = Int("decoder"),
            Epsilon = golden.GetProperty("epsilon").GetSingle(),
            Padding = Int("padding"),
        };
        return file.Write(_folder.File("golden.gguf"), golden.GetProperty("tensors").EnumerateObject().Select(tensor => (
            tensor.Name,
            (long[])[.. tensor.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64())],
            tensor.Value.GetProperty("data").GetBytesFromBase64())));
    }

    private static JsonElement Find(string name) =>
        Golden.GetProperty("cases").EnumerateArray().Single(golden => golden.GetProperty("name").GetString() == name);

    private static int[] Ints(JsonElement values) => [.. values.EnumerateArray().Select(value => value.GetInt32())];
}
