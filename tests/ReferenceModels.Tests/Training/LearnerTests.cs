using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Tests.Training;

public sealed class LearnerTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory, InlineData(2), InlineData(3)]
    public void Examples_give_the_same_gradients_in_parallel_and_one_by_one(int threads)
    {
        Example[] batch = [.. Enumerable.Range(0, 5).Select(i => Draw(i, 11 + 7 * i))];
        (double loss, float[][] gradients) = Learn(batch, threads: 1);
        (double lossOfLanes, float[][] gradientsOfLanes) = Learn(batch, threads);
        Assert.Equal(loss, lossOfLanes, loss * 1e-12); // the same numbers, summed in double
        foreach ((float[] expected, float[] actual) in gradients.Zip(gradientsOfLanes))
        {
            // The same numbers except for the order in which those of five examples are summed: four roundings of 2⁻²⁴ of sums that may be
            // some ten times as large as the result.
            float largest = expected.Max(Math.Abs);
            Assert.All(expected.Zip(actual), pair => Assert.InRange(Math.Abs(pair.First - pair.Second), 0, 1e-5f * largest));
        }
    }

    [Fact]
    public void The_same_number_of_threads_gives_the_same_bits()
    {
        Example[] batch = [.. Enumerable.Range(0, 7).Select(i => Draw(i, 40 - 5 * i))];
        (double loss, float[][] gradients) = Learn(batch, threads: 2);
        for (int run = 0; run < 3; run++)
        {
            (double again, float[][] gradientsAgain) = Learn(batch, threads: 2);
            Assert.Equal(loss, again);
            Assert.Equal(gradients, gradientsAgain);
        }
    }

    [Fact]
    public void A_pass_with_a_tape_reuses_its_memory()
    {
        using GgufFile file = GgufFile.Open(new RandomLlama().Write(_folder.File("reused.gguf")));
        Llama llama = Llama.Load(file, 320, trainable: true);
        using var workers = new Workers(1);
        var pass = new Pass(workers, new Tape());
        State state = llama.CreateState(pass, 32);
        long bytes = 0;
        for (int step = 0; step < 3; step++)
        {
            pass.Reset();
            state.Clear();
            Tensor logits = llama.Logits(state, llama.Forward(state, Draw(step, 32).Tokens, 32));
            Assert.Equal(-1, logits.Gradient.IndexOfAnyExcept(0f));
            logits.Gradient.Fill(1);
            pass.Tape!.Backward();
            Assert.True(bytes == 0 || bytes == pass.Bytes, $"step {step}: {bytes} became {pass.Bytes}");
            bytes = pass.Bytes;
        }
    }

    private (double Loss, float[][] Gradients) Learn(Example[] batch, int threads)
    {
        string path = _folder.File("random.gguf");
        using GgufFile file = GgufFile.Open(File.Exists(path) ? path : new RandomLlama().Write(path));
        using var workers = new Workers(threads);
        var learner = new Learner(Llama.Load(file, 320, trainable: true), heads: null, Objective.Causal, 64, workers);
        double[] totals = learner.Weigh(batch);
        double loss = learner.Loss(learner.Learn(batch, totals, _ => null, CancellationToken.None), totals);
        return (loss, [.. learner.Weights.Select(weight => weight.Gradient!)]);
    }

    private static Example Draw(int seed, int T)
    {
        var random = new Random(seed);
        int[] tokens = [.. Enumerable.Range(0, T + 1).Select(_ => random.Next(3, 320))];
        return new Example { Tokens = tokens[..T], Targets = tokens[1..] };
    }
}
