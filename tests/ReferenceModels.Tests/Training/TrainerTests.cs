using Engine;
using Engine.Gguf;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Tests.Training;

public sealed class TrainerTests : IDisposable
{
    private const string Sentence = "The little boat sails over the quiet river to the old mill. ";

    private readonly TrainingFiles _files = new();

    public void Dispose() => _files.Dispose();

    private string Data => _files.Write("data.txt", string.Concat(Enumerable.Repeat(Sentence, 40)));

    [Theory, InlineData("llama"), InlineData("gpt2")]
    public void A_repeated_sentence_is_memorized(string architecture)
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape(architecture), Data), Data, Objective.Causal, 120) with { Context = 24, LearningRate = 1e-2f };

        TrainingLog log = TrainingFiles.Run(options);

        Assert.InRange(log.Steps[^1].Loss, 0, 0.05);   // 95 % for each next token
        using GgufFile file = GgufFile.Open(options.Model);
        double any = Math.Log(file.FindTensor("token_embd.weight")!.Shape[1]);
        Assert.InRange(log.Steps[0].Loss, 0.9 * any, 1.1 * any);   // initially all tokens are equally probable
        Assert.Equal(120, log.Steps.Count);
    }

    [Fact]
    public void A_resumed_run_ends_with_the_same_bytes_as_an_uninterrupted_one()
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("gpt2"), Data), Data, Objective.Causal, 8) with
        {
            Dropout = 0.1f,
            ValidationShare = 0.1,
            ValidateEvery = 3,
            Warmup = 4,
            Accumulate = 2,
            Batch = 1,
            Context = 16,
            Threads = 2,
        };
        TrainingLog whole = TrainingFiles.Run(options, _files.Folder.File("whole.gguf"));

        TrainingOptions kept = options with { Checkpoint = _files.Folder.File("run.ckpt"), CheckpointEvery = 3 };
        using (var cancellation = new CancellationTokenSource())
        using (var trainer = new Trainer(kept))
        {
            // Cancelled between steps: a checkpoint is written; then a step is done that no checkpoint contains, as if the process were killed.
            Assert.Throws<OperationCanceledException>(() => trainer.Run(new Progress(step => { if (step.Step == 5) { cancellation.Cancel(); } }), cancellation.Token));
            trainer.Advance();
        }
        using (var trainer = new Trainer(kept))
        {
            trainer.Resume(kept.Checkpoint!);
            Assert.Equal(5, trainer.Step);
            trainer.Run();
            trainer.Save(_files.Folder.File("resumed.gguf"));
            Assert.Equal(whole.Steps.Select(step => (step.Step, step.Loss, step.GradientNorm, step.LearningRate)), trainer.Log.Steps.Select(step => (step.Step, step.Loss, step.GradientNorm, step.LearningRate)));
            Assert.Equal(whole.Validations.Select(one => (one.Step, one.Loss)), trainer.Log.Validations.Select(one => (one.Step, one.Loss)));
        }
        Assert.Equal(File.ReadAllBytes(_files.Folder.File("whole.gguf")), File.ReadAllBytes(_files.Folder.File("resumed.gguf")));
    }

    [Fact]
    public void A_step_cancelled_midway_leaves_no_trace()
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("llama"), Data), Data, Objective.Causal, 4);
        TrainingLog whole = TrainingFiles.Run(options);
        using var cancellation = new CancellationTokenSource();
        var loss = new CancellingLoss(cancellation);
        using var trainer = new Trainer(options with { Objective = Objective.Causal with { Terms = [new("loss", 1, loss)] } });
        trainer.Advance();
        loss.IsArmed = true;

        Assert.Throws<OperationCanceledException>(() => trainer.Advance(cancellation.Token));

        loss.IsArmed = false;
        Assert.Equal(1, trainer.Step);
        Assert.Equal(whole.Steps[1].Loss, trainer.Advance().Loss);
        Assert.Equal(whole.Steps[2].Loss, trainer.Advance().Loss);
    }

    [Fact]
    public void Accumulated_batches_equal_one_large_batch()
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("llama"), Data), Data, Objective.Causal, 5);
        double[] Losses(int batch, int accumulate) => [.. TrainingFiles.Run(options with { Batch = batch, Accumulate = accumulate }).Steps.Select(step => step.Loss)];

        Agreement.AssertSameLosses(Losses(6, 1), Losses(2, 3));
    }

    [Fact]
    public void A_checkpoint_of_another_run_is_refused_with_the_option_that_differs()
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("llama"), Data), Data, Objective.Causal, 2) with { Checkpoint = _files.Folder.File("run.ckpt") };
        TrainingFiles.Run(options);
        string Refusal(TrainingOptions other)
        {
            using var trainer = new Trainer(other);
            return Assert.ThrowsAny<EngineException>(() => trainer.Resume(options.Checkpoint!)).Message;
        }

        Assert.Contains("expected batch 4, with which the run began, found 3", Refusal(options with { Batch = 3 }), StringComparison.Ordinal);
        Assert.Contains("expected seed 1, with which the run began, found 2", Refusal(options with { Seed = 2 }), StringComparison.Ordinal);
        Assert.Contains("expected data ", Refusal(options with { Data = _files.Write("other.txt", Data + "more") }), StringComparison.Ordinal);
        using var same = new Trainer(options);
        Assert.Contains("expected a training checkpoint", Assert.Throws<ModelFileException>(() => same.Resume(options.Model)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_custom_loss_learns_like_the_built_in_one()
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("llama"), Data), Data, Objective.Causal, 6);
        TrainingOptions own = options with { Objective = Objective.Causal with { Name = "own", Terms = [new("own", 1, new OwnLoss())] } };

        Agreement.AssertSameLosses(TrainingFiles.Run(options).Steps.Select(step => step.Loss), TrainingFiles.Run(own).Steps.Select(step => step.Loss));
    }

    [Fact]
    public void The_result_has_the_metadata_of_its_origin_and_every_tensor_in_F32()
    {
        string model = new RandomLlama { Type = GgmlType.Q8_0, Inner = 128, RopeFactors = true }.Write(_files.Folder.File("quantized.gguf")), output = _files.Folder.File("out.gguf");
        TrainingFiles.Run(TrainingFiles.Options(model, Data, Objective.Causal, 1), output);

        using GgufFile origin = GgufFile.Open(model), result = GgufFile.Open(output);
        Assert.Equal(origin.Metadata.Keys, result.Metadata.Keys.Where(key => key != "general.file_type"));
        Assert.Equal(origin.Tensors.Select(tensor => (tensor.Name, tensor.ShapeText)), result.Tensors.Select(tensor => (tensor.Name, tensor.ShapeText)));
        Assert.All(result.Tensors, tensor => Assert.Equal(GgmlType.F32, tensor.Type));
        Assert.Equal(origin.GetData(origin.FindTensor("rope_freqs.weight")!, 0, 32).ToArray(), result.GetData(result.FindTensor("rope_freqs.weight")!, 0, 32).ToArray());
    }

    [Fact]
    public void A_loss_that_is_not_a_number_ends_the_run_with_a_message()
    {
        TrainingOptions options = TrainingFiles.Options(_files.Model(TrainingFiles.Shape("llama"), Data), Data, Objective.Causal, 3);
        using var trainer = new Trainer(options with { Objective = Objective.Causal with { Terms = [new("broken", 1, new BrokenLoss())] } });
        Assert.Contains("Training, step 1: expected finite numbers", Assert.Throws<NonFiniteLogitsException>(() => trainer.Advance()).Message, StringComparison.Ordinal);
        Assert.Equal(0, trainer.Step);
    }

    private sealed class Progress(Action<TrainingStep> report) : IProgress<TrainingStep>
    {
        public void Report(TrainingStep value) => report(value);
    }

    /// <summary>Next-token cross-entropy, written only against the public surface.</summary>
    private sealed class OwnLoss : ILoss
    {
        public double Weigh(Example example) => example.Targets.Length;

        public double Add(Example example, IAnswers answers, float scale)
        {
            Scores scores = answers.Tokens();
            double sum = 0;
            for (int t = 0; t < scores.Rows; t++)
            {
                double[] p = [.. scores.Row(t).ToArray().Select(z => Math.Exp(z))];
                double total = p.Sum();
                sum -= Math.Log(p[example.Targets[t]] / total);
                for (int i = 0; i < p.Length && scores.Learns; i++)
                {
                    scores.Gradient(t)[i] += scale * (float)(p[i] / total - (i == example.Targets[t] ? 1 : 0));
                }
            }
            return sum;
        }
    }

    private sealed class CancellingLoss(CancellationTokenSource cancellation) : ILoss
    {
        public bool IsArmed { get; set; }

        public double Weigh(Example example) => example.Targets.Length;

        public double Add(Example example, IAnswers answers, float scale)
        {
            Scores scores = answers.Tokens();
            if (IsArmed)
            {
                cancellation.Cancel();
                answers.Tokens();
                cancellation.Token.ThrowIfCancellationRequested();
            }
            return scores.CrossEntropy(example.Targets, scale);
        }
    }

    private sealed class BrokenLoss : ILoss
    {
        public double Weigh(Example example) => 1;

        public double Add(Example example, IAnswers answers, float scale) => double.NaN;
    }
}
