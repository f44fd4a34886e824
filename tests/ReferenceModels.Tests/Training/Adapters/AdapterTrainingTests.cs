using Engine;
using Engine.Gguf;
using Engine.LlamaCpp.Direct;
using ReferenceModels.Training;
using ReferenceModels.Training.Adapters;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Tests.Training.Adapters;

/// <summary>Adapters that the trainer makes over frozen models; llama.cpp must load them.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class AdapterTrainingTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("model.gguf");

    private string Adapter => _folder.File("adapter.gguf");

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(GgmlType.F32, null)]
    [InlineData(GgmlType.Q8_0, null)]
    [InlineData(GgmlType.Q4_K, LowRankOptions.All)]
    public async Task Over_a_frozen_model_the_loss_falls_and_llama_cpp_agrees_with_the_references_logits(GgmlType type, string? targets)
    {
        new RandomLlama { Type = type, Width = 256, Inner = 256, N = 1 }.Write(Model);
        byte[] before = File.ReadAllBytes(Model);
        using (var trainer = new Trainer(Options(targets) with { Steps = 30 }))
        {
            trainer.Run();
            Assert.InRange(trainer.Log.Steps[^1].Loss, 0, 0.8 * trainer.Log.Steps[0].Loss);
            trainer.Save(Adapter);
        }
        Assert.Equal(before, File.ReadAllBytes(Model));

        float[][] bare = await ScoreAsync(new ReferenceBackend(), null), ours = await ScoreAsync(new ReferenceBackend(), Adapter);
        float[][] theirs = await ScoreAsync(new LlamaCppBackend(), Adapter);
        Assert.InRange(type == GgmlType.F32 ? Agreement.OfRms(ours, theirs) / Agreement.Floats : Agreement.Nmse(ours, theirs) / Agreement.EightBits, 0, 1);
        Assert.True(Agreement.Nmse(ours, bare) > 5 * Agreement.EightBits);
    }

    [Fact]
    public void A_new_adapter_leaves_the_model_unchanged_and_only_its_factors_are_trained()
    {
        new RandomLlama().Write(Model);
        using var trainer = new Trainer(Options());
        using var whole = new Trainer(Options() with { LowRank = null });
        Agreement.AssertSameLosses([whole.Advance().Loss], [trainer.Advance().Loss]);
        Assert.Equal(2 * (4 * 64 + 64 * 4 + 4 * 64 + 32 * 4), trainer.Parameters); // 2 layers, queries (64, 64) and values (64, 32), rank 4
        trainer.Save(Adapter);
        using GgufFile file = GgufFile.Open(Adapter);
        Assert.Equal(
            ["blk.0.attn_q.weight.lora_a", "blk.0.attn_q.weight.lora_b", "blk.0.attn_v.weight.lora_a", "blk.0.attn_v.weight.lora_b"], file.Tensors.Take(4).Select(tensor => tensor.Name));
        Assert.Equal(8f, file.Metadata.RequireFloat32("adapter.lora.alpha"));
    }

    [Fact]
    public void A_resumed_run_ends_like_an_uninterrupted_one()
    {
        new RandomLlama { Type = GgmlType.Q8_0, Inner = 128 }.Write(Model);
        TrainingOptions options = Options() with { Steps = 6, Checkpoint = _folder.File("run.checkpoint"), CheckpointEvery = 3 };
        using (var undisturbed = new Trainer(options with { Checkpoint = null }))
        {
            undisturbed.Run();
            undisturbed.Save(Adapter);
        }
        byte[] expected = File.ReadAllBytes(Adapter);
        using (var stop = new CancellationTokenSource())
        using (var first = new Trainer(options))
        {
            var progress = new Progress(step =>
            {
                if (step.Step == 4)
                {
                    stop.Cancel();
                }
            });
            Assert.ThrowsAny<OperationCanceledException>(() => first.Run(progress, stop.Token));
        }
        using var second = new Trainer(options);
        second.Resume(options.Checkpoint!);
        Assert.Equal(4, second.Step);
        second.Run();
        second.Save(Adapter);
        Assert.Equal(expected, File.ReadAllBytes(Adapter));

        using var other = new Trainer(options with { LowRank = options.LowRank! with { Alpha = 3 } });
        Assert.Contains("alpha 8", Assert.Throws<InvalidRequestException>(() => other.Resume(options.Checkpoint!)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Targets_are_names_of_the_models_weights()
    {
        new RandomGpt2().Write(Model);
        using (GgufFile file = GgufFile.Open(Model))
        {
            Assert.Equal(["blk.0.attn_qkv.weight", "blk.1.attn_qkv.weight"], AdapterTargets.Choose(file, null));
            Assert.Equal(8, AdapterTargets.Choose(file, [LowRankOptions.All]).Count);
            Assert.Equal(["blk.0.ffn_up.weight", "blk.1.ffn_up.weight"], AdapterTargets.Choose(file, ["ffn_up"]));
        }
        var error = Assert.Throws<InvalidRequestException>(() => new Trainer(Options("attn_q")));
        Assert.Contains("attn_qkv, attn_output, ffn_up, ffn_down", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Invalid_adapter_options_are_refused()
    {
        new RandomLlama().Write(Model);
        Assert.Contains("Rank", Assert.Throws<InvalidRequestException>(() => new Trainer(Options() with { LowRank = new() { Rank = 0 } })).Message, StringComparison.Ordinal);
        Assert.Contains("Alpha", Assert.Throws<InvalidRequestException>(() => new Trainer(Options() with { LowRank = new() { Rank = 1, Alpha = 0 } })).Message, StringComparison.Ordinal);
        Assert.Contains("head", Assert.Throws<UnsupportedRequestException>(() => new Trainer(Options() with { Objective = Objective.Of("classification", 0) })).Message, StringComparison.Ordinal);
    }

    private TrainingOptions Options(string? targets = null)
    {
        string data = _folder.File("data.txt");
        File.WriteAllText(data, string.Concat(Enumerable.Repeat("one two three four. ", 60)));
        return new TrainingOptions
        {
            Model = Model,
            Data = data,
            Objective = Objective.Of("causal", 0),
            Steps = 2,
            Batch = 2,
            Context = 32,
            LearningRate = 2e-2f,
            Threads = 2,
            LowRank = new() { Rank = 4, Alpha = 8, Targets = targets is null ? null : [targets] },
        };
    }

    private async Task<float[][]> ScoreAsync(IModelBackend backend, string? adapter)
    {
        var options = new ModelOptions { Path = Model, Device = "cpu", ContextLength = 64, Adapters = adapter is null ? [] : [new() { Path = adapter }] };
        await using IModel model = await backend.LoadAsync(options);
        return await ReferenceModelFixture.ScoreAsync(model, [1, 30, 77, 5, 120, 30, 9]);
    }

    // System.Progress reports later, on another thread.
    private sealed class Progress(Action<TrainingStep> report) : IProgress<TrainingStep>
    {
        public void Report(TrainingStep value) => report(value);
    }
}
