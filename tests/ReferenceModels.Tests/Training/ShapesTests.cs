using System.Text.Json;
using Engine.Gguf;
using ReferenceModels.Heads;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Training.Optimization;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Training;

/// <summary>tests/Golden/training/shapes.json: all five families and their heads in random shapes, in PyTorch.</summary>
public sealed class ShapesTests : IDisposable
{
    private static readonly JsonElement[] Golden = [.. JsonDocument.Parse(File.ReadAllText(
        Path.Combine(SharedFolder.Checkout, "tests", "Golden", "training", "shapes.json"))).RootElement.GetProperty("cases").EnumerateArray()];

    private readonly TemporaryFolder _folder = new();

    public static IEnumerable<object[]> Cases => Golden.Select((golden, i) => (object[])[i, Text(golden, "family"), Text(golden, "objective")]);

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Cases))]
    public void Gradients_and_losses_are_those_of_PyTorch(int i, string family, string objective)
    {
        JsonElement golden = Golden[i];
        string path = Write(golden);
        using GgufFile file = GgufFile.Open(path);
        INetwork network = Networks.Loader(family, file.FileName)(file, golden.GetProperty("vocabulary").GetInt32(), true);
        Objective asked = Objective.Of(objective);
        using TrainedHeads? heads = asked.Heads == HeadKinds.None ? null : new TrainedHeads(path, network, asked.Heads, ["a", "b", "c"], seed: 1);
        using var workers = new Workers(2);
        var learner = new Learner(network, heads, asked, golden.GetProperty("context").GetInt32(), workers);
        var optimizer = new AdamW(learner.Weights, 0.9f, 0.999f, 1e-8f, 0.01f);
        Example[] batch = [.. golden.GetProperty("examples").EnumerateArray().Select(Read)];
        double[] totals = learner.Weigh(batch), losses = golden.Numbers("losses");
        for (int step = 0; step < losses.Length; step++)
        {
            double loss = learner.Loss(learner.Learn(batch, totals, _ => null, CancellationToken.None), totals);
            Agreement.AssertSameLosses([losses[step]], [loss]);
            if (step == 0)
            {
                AssertGradients(golden.GetProperty("gradients"), learner.Weights);
            }
            optimizer.Step(step + 1, 0.001f, GradientNorm.Scale(GradientNorm.Of(learner.Weights, workers), 1), workers);
            foreach (Weight weight in learner.Weights)
            {
                Array.Clear(weight.Gradient!);
            }
        }
    }

    private static void AssertGradients(JsonElement golden, IReadOnlyList<Weight> weights)
    {
        Assert.Equal(golden.EnumerateObject().Select(property => property.Name).Order(StringComparer.Ordinal), weights.Select(weight => weight.Name).Order(StringComparer.Ordinal));
        double whole = Math.Sqrt(golden.EnumerateObject().Sum(property => Math.Pow(property.Value[0].GetDouble(), 2)));
        foreach (Weight weight in weights)
        {
            float[] g = weight.Gradient!;
            int n = g.Length;
            double[] expected = [.. golden.GetProperty(weight.Name).EnumerateArray().Select(number => number.GetDouble())];
            double[] found = [Math.Sqrt(g.Sum(x => (double)x * x)), g.Select((x, i) => x * FormulaWeights.Fraction(weight.Name, i)).Sum(), g[0], g[n / 3], g[2 * n / 3], g[n - 1]];
            // float32 through a hundred operations; and the bias of keys, which softmax ignores, has only the rounding of all the others as its gradient.
            double limit = 1e-5 * expected[0] + 1e-6 * whole;
            for (int k = 0; k < found.Length; k++)
            {
                Assert.True(Math.Abs(found[k] - expected[k]) <= limit, $"{weight.Name}, number {k}: expected {expected[k]:R}, found {found[k]:R}, limit {limit:R}");
            }
        }
    }

    private static Example Read(JsonElement json) => new()
    {
        Tokens = Integers(json, "tokens"),
        Targets = [.. Integers(json, "targets").Select(target => target < 0 ? Example.Ignored : target)],
        Segments = Integers(json, "segments"),
        Source = Integers(json, "source"),
        Label = json.TryGetProperty("label", out JsonElement label) ? label.GetInt32() : Example.Ignored,
        NextSentence = json.TryGetProperty("next_sentence", out JsonElement follows) ? follows.GetInt32() : Example.Ignored,
    };

    private static int[] Integers(JsonElement json, string name) => json.TryGetProperty(name, out JsonElement values) ? [.. values.EnumerateArray().Select(value => value.GetInt32())] : [];

    private static string Text(JsonElement json, string name) => json.GetProperty(name).GetString()!;

    private string Write(JsonElement golden)
    {
        string path = _folder.File("shape.gguf");
        Write(path, golden.GetProperty("tensors"), writer =>
        {
            foreach (JsonProperty entry in golden.GetProperty("metadata").EnumerateObject())
            {
                writer.SetMetadata(entry.Name, entry.Value.ValueKind == JsonValueKind.String ? GgufValue.FromString(entry.Value.GetString()!)
                    : entry.Value.TryGetUInt32(out uint number) ? GgufValue.FromScalar(number) : GgufValue.FromScalar(entry.Value.GetSingle()));
            }
        });
        if (golden.GetProperty("heads").EnumerateObject().Any())
        {
            Write(HeadedModel.Beside(path), golden.GetProperty("heads"), writer =>
            {
                writer.SetMetadata("general.architecture", "heads");
                writer.SetMetadata("heads.classifier.labels", ["a", "b", "c"]);
            });
        }
        return path;
    }

    private static void Write(string path, JsonElement tensors, Action<GgufWriter> describe)
    {
        var writer = new GgufWriter();
        describe(writer);
        foreach (JsonProperty tensor in tensors.EnumerateObject())
        {
            FormulaWeights.Add(writer, tensor.Name, [.. tensor.Value.EnumerateArray().Select(size => size.GetInt64())]);
        }
        writer.Write(path);
    }
}
