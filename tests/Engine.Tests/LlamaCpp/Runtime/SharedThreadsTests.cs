using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;
using Engine.Serving;

namespace Engine.Tests.LlamaCpp.Runtime;

/// <summary>Several models on the same threads, which take turns.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class SharedThreadsTests : IDisposable
{
    private static readonly int[] Words = [.. Enumerable.Range(0, 60).Select(i => 259 + (i * i % 26))];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<LlamaCppModel> Load(string name, int threads) =>
        await new LlamaCppBackend().LoadFileAsync(new() { Path = TinyFamilies.Llama(_folder.File(name)), Device = "cpu", Threads = threads }, null, default);

    private static float[][] Generate(LlamaCppModel model, int tokens)
    {
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(1, 128));
        return [.. Enumerable.Range(0, tokens).Select(i =>
        {
            Assert.Equal(StepOutcome.Done, batch.Step([new(0, i == 0 ? Words : new[] { 259 + i }, true)], default));
            return batch.Row(0).ToArray();
        })];
    }

    [Fact]
    public async Task Models_that_compute_at_the_same_time_do_not_disturb_each_other()
    {
        using LlamaCppModel one = await Load("one.gguf", 2), other = await Load("other.gguf", 2);
        float[][] alone = Generate(one, 20);
        float[][][] together = await Task.WhenAll(Enumerable.Range(0, 4).Select(i => Task.Run(() => Generate(i % 2 == 0 ? one : other, 20))));
        Assert.All(together, rows => Assert.Equal(alone, rows)); // the same weights, and so the same bits
    }

    [Fact]
    public async Task Waiting_for_a_turn_can_be_cancelled()
    {
        using LlamaCppModel model = await Load("model.gguf", 1);
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(1, 128));
        ComputeGate.OfProcess.Take(default);
        try
        {
            Assert.Equal(StepOutcome.Aborted, batch.Step([new(0, Words, true)], Steady.CancelledAfter(TimeSpan.FromMilliseconds(20))));
            Assert.Equal(0, batch.LengthOf(0));
        }
        finally
        {
            ComputeGate.OfProcess.Leave();
        }
        Assert.Equal(StepOutcome.Done, batch.Step([new(0, Words, true)], default));
    }
}
