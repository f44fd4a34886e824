using System.Text.Json;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Initialization;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Training.Optimization;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Training;

/// <summary>tests/Golden/training/losses.json: whole models in training, in PyTorch.</summary>
public sealed class LossesTests : IDisposable
{
    // As in losses.py.
    private const int V = 300, T = 20, S = 14, B = 3;

    private static readonly JsonElement Golden =
        JsonDocument.Parse(File.ReadAllText(Path.Combine(SharedFolder.Checkout, "tests", "Golden", "training", "losses.json"))).RootElement;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama", 1, 20)]
    [InlineData("llama", 2, 20)]
    [InlineData("gpt2", 1, 20)]
    [InlineData("gpt2", 2, 20)]
    // T5's scores are not scaled down: at this rate PyTorch in float32 deviates from float64 by 4e-3 after ten steps.
    [InlineData("t5", 1, 8)]
    [InlineData("t5", 2, 8)]
    public void Gradients_and_losses_are_those_of_PyTorch(string architecture, int threads, int steps)
    {
        using GgufFile file = GgufFile.Open(Initial(architecture));
        INetwork network = Networks.Loader(architecture, file.FileName)(file, V, true);
        using var workers = new Workers(threads);
        var learner = new Learner(network, heads: null, Objective.Causal, T, workers);
        var optimizer = new AdamW(learner.Weights, 0.9f, 0.999f, 1e-8f, 0.01f);
        foreach (Weight weight in learner.Weights)
        {
            FormulaWeights.Draw(weight);
        }
        JsonElement golden = Golden.GetProperty(architecture);
        Assert.Equal(golden.GetProperty("gradients").EnumerateObject().Count(), learner.Weights.Count);
        double[] losses = golden.Numbers("losses");
        for (int step = 0; step < steps; step++)
        {
            Example[] batch = [.. Enumerable.Range(0, B).Select(b => Example(step, b, architecture == "t5"))];
            double[] totals = learner.Weigh(batch);
            double loss = learner.Loss(learner.Learn(batch, totals, _ => null, CancellationToken.None), totals);
            Agreement.AssertSameLosses([losses[step]], [loss]);
            if (step == 0)
            {
                AssertGradients(golden.GetProperty("gradients"), learner.Weights);
            }
            optimizer.Step(step + 1, 0.01f, GradientNorm.Scale(GradientNorm.Of(learner.Weights, workers), 1), workers);
            foreach (Weight weight in learner.Weights)
            {
                Array.Clear(weight.Gradient!);
            }
        }
    }

    private static void AssertGradients(JsonElement golden, IReadOnlyList<Weight> weights)
    {
        foreach (Weight weight in weights)
        {
            JsonElement expected = golden.GetProperty(weight.Name);
            double norm = expected.Number("norm"), limit = 1e-5 * norm;   // float32 through a hundred operations
            Assert.InRange(Math.Sqrt(weight.Gradient!.Sum(g => (double)g * g)), norm - limit, norm + limit);
            double[] elements = expected.Numbers("elements");
            for (int i = 0; i < elements.Length; i++)
            {
                Assert.True(Math.Abs(elements[i] - weight.Gradient![17 * i]) <= limit, $"{weight.Name}[{17 * i}]: expected {elements[i]:R}, found {weight.Gradient[17 * i]:R}");
            }
        }
    }

    private static Example Example(int step, int b, bool hasSource)
    {
        int[] tokens = Tokens(step, b);
        return new Example { Tokens = tokens[..T], Targets = tokens[1..], Source = hasSource ? Tokens(step + 100, b)[..S] : [] };
    }

    private static int[] Tokens(int step, int b) =>
        [.. Enumerable.Range(0, T + 1).Select(t => (7 * step + 11 * b + 3 * t * t + 5 * t + step * t % 13) % V)];

    private string Initial(string architecture)
    {
        string path = _folder.File("initial.gguf"), vocabulary = new RandomLlama { V = V }.Write(_folder.File("vocabulary.gguf"));
        var shape = new ModelShape { Architecture = architecture, EmbeddingLength = 24, BlockCount = 2, HeadCount = 4, HeadCountKv = 2, FeedForwardLength = 40, ContextLength = T };
        InitialModel.Write(path, architecture != "llama" ? shape with { HeadCountKv = null } : shape, vocabulary, seed: 1);
        return path;
    }
}
