using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels;
using ReferenceModels.Ops;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Initialization;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Training.Optimization;

namespace Engine.Benchmarks;

/// <summary>Training against PyTorch: the same initial file, batches, optimizer and number of threads, steps taking turns.</summary>
internal static class TrainingComparison
{
    private const int Rounds = 7;
    private const int WarmUps = 6;
    private const double SecondsOfRound = 1.5;
    private const float Rate = 1e-3f, Decay = 0.01f;

    // The sizes of a shipped model, and of a slightly larger one: d, layers, H, G, f, V, T, batch.
    private static readonly Shape[] Shapes =
    [
        new(64, 4, 4, 2, 176, 512, 64, 16),
        new(128, 4, 4, 2, 352, 1024, 128, 16),
        new(256, 6, 8, 4, 704, 2048, 256, 8),
    ];

    public static void Run(string python, int threads)
    {
        Console.WriteLine($"LLaMA, AdamW, {threads} threads; {Rounds} rounds of steps in turns, medians");
        Console.WriteLine("CPU ratio: of processor seconds, which other programs on the machine change least; loss: largest relative difference of a step");
        Console.WriteLine($"{"d",5} {"layers",6} {"V",6} {"T",5} {"batch",5} {"engine tok/s",13} {"PyTorch tok/s",14} {"ratio",7} {"worst",7} {"CPU ratio",9} {"loss",9}");
        foreach (Shape shape in Shapes)
        {
            string folder = Directory.CreateTempSubdirectory("training").FullName;
            try
            {
                Compare(python, threads, shape, folder);
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }
    }

    private static void Compare(string python, int threads, Shape s, string folder)
    {
        string model = Path.Combine(folder, "initial.gguf"), batchFile = Path.Combine(folder, "batch");
        InitialModel.Write(model, s.Model, RandomModel.Vocabulary(s.V), seed: 1);
        using GgufFile file = GgufFile.Open(model);
        using var workers = new Workers(threads);
        var learner = new Learner(Networks.Loader("llama", model)(file, s.V, true), heads: null, Objective.Causal, s.T, workers);
        var optimizer = new AdamW(learner.Weights, 0.9f, 0.999f, 1e-8f, Decay);
        using var torch = new TorchTraining(python, model, threads, s.Batch, s.T, Rate);
        int step = 0, steps = 2;
        double worst = 0;
        (double Engine, double Torch, double CpuRatio) Round()
        {
            Example[][] batches = [.. Enumerable.Range(step, steps).Select(s.Draw)];
            TimeSpan cpu = Environment.CpuUsage.TotalTime;
            long begin = Stopwatch.GetTimestamp();
            double[] losses = [.. batches.Select(batch => Step(learner, optimizer, workers, ++step, batch))];
            double engine = Stopwatch.GetElapsedTime(begin).TotalSeconds, seconds = 0;
            double engineCpu = (Environment.CpuUsage.TotalTime - cpu).TotalSeconds, torchCpu = 0;
            for (int i = 0; i < steps; i++)
            {
                int[] tokens = [.. batches[i].SelectMany(example => (int[])[.. example.Tokens, example.Targets[^1]])];
                File.WriteAllBytes(batchFile, MemoryMarshal.AsBytes(tokens.AsSpan()));
                (double loss, double took, double tookCpu) = torch.Step(batchFile);
                (seconds, torchCpu) = (seconds + took, torchCpu + tookCpu);
                worst = Math.Max(worst, Math.Abs(losses[i] - loss) / loss);
            }
            return (engine, seconds, torchCpu / engineCpu);
        }
        for (int i = 0; i < WarmUps; i++)
        {
            Round();   // until everything is compiled
        }
        (double oneEngine, double oneTorch, _) = Round();
        steps = Math.Max(2, (int)(SecondsOfRound * steps / Math.Max(oneEngine, oneTorch)));
        (double Engine, double Torch, double CpuRatio)[] rounds = [.. Enumerable.Range(0, Rounds).Select(_ => Round())];
        double tokens = (double)s.Batch * s.T * steps;
        Console.WriteLine(
            $"{s.Width,5} {s.N,6} {s.V,6} {s.T,5} {s.Batch,5} {tokens / Median(rounds.Select(r => r.Engine)),13:F0} {tokens / Median(rounds.Select(r => r.Torch)),14:F0} "
            + $"{Median(rounds.Select(r => r.Torch / r.Engine)),7:F2} {rounds.Min(r => r.Torch / r.Engine),7:F2} {Median(rounds.Select(r => r.CpuRatio)),9:F2} {worst,9:E1}");
    }

    // As Trainer.Advance does one, without the reading of data.
    private static double Step(Learner learner, AdamW optimizer, Workers workers, int step, Example[] batch)
    {
        foreach (ReferenceModels.Weights.Weight weight in learner.Weights)
        {
            Array.Clear(weight.Gradient!);
        }
        double[] totals = learner.Weigh(batch), sums = learner.Learn(batch, totals, _ => null, CancellationToken.None);
        optimizer.Step(step, Rate, GradientNorm.Scale(GradientNorm.Of(learner.Weights, workers), 1), workers);
        return learner.Loss(sums, totals);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private sealed record Shape(int Width, int N, int H, int G, int FeedForward, int V, int T, int Batch)
    {
        public ModelShape Model => new()
        {
            Architecture = "llama",
            EmbeddingLength = Width,
            BlockCount = N,
            HeadCount = H,
            HeadCountKv = G,
            FeedForwardLength = FeedForward,
            ContextLength = T,
        };

        // Tokens each of which is the one before plus a few: something that can be learned.
        public Example[] Draw(int step)
        {
#pragma warning disable RS0030 // The seed is the step's.
            var random = new Random(step);
#pragma warning restore RS0030
            var examples = new Example[Batch];
            for (int i = 0; i < Batch; i++)
            {
                var tokens = new int[T + 1];
                tokens[0] = random.Next(V);
                for (int t = 1; t <= T; t++)
                {
                    tokens[t] = (tokens[t - 1] + 1 + random.Next(8)) % V;
                }
                examples[i] = new Example { Tokens = tokens[..T], Targets = tokens[1..] };
            }
            return examples;
        }
    }

    // The PyTorch side, a process of its own.
    private sealed class TorchTraining : IDisposable
    {
        private readonly Process _process;

        public TorchTraining(string python, string model, int threads, int batch, int context, float rate)
        {
            string script = Path.Combine(Environment.CurrentDirectory, "benchmarks", "training_torch.py");
            string[] arguments = [script, model, .. new[] { threads, batch, context }.Select(n => n.ToString(CultureInfo.InvariantCulture)), rate.ToString("R", CultureInfo.InvariantCulture)];
            _process = Process.Start(new ProcessStartInfo(python, arguments) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
            Answer();
        }

        public (double Loss, double Seconds, double CpuSeconds) Step(string file)
        {
            _process.StandardInput.WriteLine($"step {file}");
            double[] answer = [.. Answer().Split(' ').Select(number => double.Parse(number, CultureInfo.InvariantCulture))];
            return (answer[0], answer[1], answer[2]);
        }

        public void Dispose()
        {
            _process.StandardInput.Close();
            _process.WaitForExit();
            _process.Dispose();
        }

        private string Answer() => _process.StandardOutput.ReadLine()
            ?? throw new ConfigurationException("Training in PyTorch: expected an answer of benchmarks/training_torch.py, found that it ended. Run from the repository's root, with a Python that has torch and numpy.");
    }
}
