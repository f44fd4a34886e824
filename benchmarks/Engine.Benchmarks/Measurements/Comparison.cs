using System.Diagnostics;
using ReferenceModels.Ops;

namespace Engine.Benchmarks.Measurements;

/// <summary>The managed reference against llama.cpp on the same files, threads and tokens, taking turns in one process: the tables of
/// docs/measurements.md.</summary>
internal static class Comparison
{
    // Loads of a process each; a load is short and reads nothing from the disk.
    private const int Loads = 5;

    public static void Run(Settings settings)
    {
        using var workers = new Workers(settings.Threads);
        double peak = Machine.FusedPeak(workers);
        Console.WriteLine($"{Machine.Description}. {settings.Threads} threads on both sides.");
        Console.WriteLine($"llama.cpp: {Instructions()}.");
        Console.WriteLine($"Fused multiply-adds: {peak / 1e9:F0} GFLOPS. Medians of {settings.Pairs} pairs, each model's in one run.");
        Console.WriteLine();
        Console.WriteLine("| model | arithmetic | what | reference | llama.cpp | ratio | bound |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (string path in settings.Models)
        {
            string name = Path.GetFileNameWithoutExtension(path);
            foreach (Arithmetic arithmetic in settings.Arithmetics.Where(arithmetic => arithmetic == Arithmetic.Exact || Model.Of(path).IsQuantized))
            {
                Compare(path, arithmetic, $"{name} | {(arithmetic == Arithmetic.Exact ? "exact" : "ggml")}", settings, workers, peak);
            }
            PrintLoads(name, path, settings, new FileInfo(path).Length);
        }
        if (settings.Python is { } python)
        {
            Console.WriteLine();
            TrainingComparison.Run(python, settings.Threads);
        }
    }

    /// <summary>Tokens that no other seed gives.</summary>
    public static int[] Tokens(int n, int seed, int V) => [.. Enumerable.Range(0, n).Select(i => 300 + (int)((i * 7919L + (seed + 7) * 104729L) % (V - 300)))];

    private static void Compare(string path, Arithmetic arithmetic, string name, Settings settings, Workers workers, double peak)
    {
        double bandwidth = Machine.ReadBandwidth(path, workers);
        using (IBareModel reference = new BareReference(path, settings.Threads, settings.Prompt + settings.Decode, arithmetic: arithmetic), llama = new BareLlama(path, settings.Threads, settings.Prompt + settings.Decode))
        {
            var (prefill, decode) = PrefillAndDecode(settings, reference, llama);
            double flops = 2 * Model.Of(path).MultipliedPerToken;
            Print(name, $"prefill, {settings.Prompt} tokens", prefill, $"{flops * prefill.Reference / peak:P0} of the fused multiply-adds");
            double read = Model.Of(path).BytesPerToken;
            Print(name, "decode", decode, $"{read / 1e6:F0} MB a token: {read * decode.Reference / bandwidth:P0} of {bandwidth / 1e9:F1} GB/s (llama.cpp {read * decode.Llama / bandwidth:P0})");
        }
        if (settings.Context > 0)
        {
            using IBareModel reference = new BareReference(path, settings.Threads, settings.Context + settings.Decode, arithmetic: arithmetic), llama = new BareLlama(path, settings.Threads, settings.Context + settings.Decode);
            Print(name, $"decode after {settings.Context:N0} tokens", DecodeAfter(settings, reference, llama), "");
        }
        using (IBareModel reference = new BareReference(path, settings.Threads, settings.Decode, settings.Sequences, arithmetic), llama = new BareLlama(path, settings.Threads, settings.Decode, settings.Sequences))
        {
            Print(name, $"{settings.Sequences} sequences in a step", Together(settings, reference, llama), "");
        }
    }

    private static (Pairs Prefill, Pairs Decode) PrefillAndDecode(Settings settings, IBareModel reference, IBareModel llama)
    {
        int V = reference.VocabularySize;
        var next = new Dictionary<IBareModel, int>();
        Pairs prefill = Pairs.Measure(settings.Pairs, reference, llama, (model, pair) =>
        {
            model.Cut(0);
            int[] prompt = Tokens(settings.Prompt, pair, V);
            long begin = Stopwatch.GetTimestamp();
            next[model] = model.Decode(prompt);
            return Pairs.Since(begin, settings.Prompt);
        });
        return (prefill, Pairs.Measure(settings.Pairs, reference, llama, (model, _) => Decode(model, settings.Prompt, settings.Decode, next[model])));
    }

    private static Pairs DecodeAfter(Settings settings, IBareModel reference, IBareModel llama)
    {
        int[] prompt = Tokens(settings.Context, 0, reference.VocabularySize);
        int token = reference.Decode(prompt);
        llama.Decode(prompt);
        return Pairs.Measure(settings.Pairs, reference, llama, (model, _) => Decode(model, settings.Context, settings.Decode, token));
    }

    private static Pairs.Speed Decode(IBareModel model, int length, int tokens, int token)
    {
        model.Cut(length);
        long begin = Stopwatch.GetTimestamp();
        for (int i = 0; i < tokens; i++)
        {
            token = model.Decode([token]);
        }
        return Pairs.Since(begin, tokens);
    }

    private static Pairs Together(Settings settings, IBareModel reference, IBareModel llama) => Pairs.Measure(settings.Pairs, reference, llama, (model, pair) =>
    {
        model.Cut(0);
        int[] tokens = Tokens(settings.Sequences, pair, model.VocabularySize);
        int steps = settings.Decode / 2;
        long begin = Stopwatch.GetTimestamp();
        for (int step = 0; step < steps; step++)
        {
            tokens = model.Step(tokens, step);
        }
        return Pairs.Since(begin, steps * settings.Sequences);
    });

    private static void PrintLoads(string name, string path, Settings settings, double bytes)
    {
        var loads = Enumerable.Range(0, Loads).Select(_ => (Reference: FirstToken.Measure(path, "reference", settings), Llama: FirstToken.Measure(path, "llama.cpp", settings))).ToList();
        double ours = Pairs.Median(loads.Select(l => l.Reference.Seconds)), theirs = Pairs.Median(loads.Select(l => l.Llama.Seconds));
        Console.WriteLine($"| {name} | | load to first token, s | {ours:F2} | {theirs:F2} | {Pairs.Median(loads.Select(l => l.Reference.Seconds / l.Llama.Seconds)):F2} | medians of {Loads} processes each |");
        double memory = Pairs.Median(loads.Select(l => l.Reference.Bytes)), native = Pairs.Median(loads.Select(l => l.Llama.Bytes));
        Console.WriteLine($"| {name} | | peak memory ÷ file | {memory / bytes:F2} | {native / bytes:F2} | {memory / native:F2} | file {bytes / 1e6:N0} MB, peak {memory / 1e6:N0} MB |");
    }

    private static void Print(string model, string what, Pairs pairs, string bound) =>
        Console.WriteLine($"| {model} | {what}, tokens/s | {pairs.Reference:F1} | {pairs.Llama:F1} | {pairs.Ratio:F2} | {bound} |");

    // Of llama.cpp's description of itself, the instruction sets.
    private static string Instructions()
    {
        Engine.LlamaCpp.Runtime.LlamaLibrary.Load(libraryPath: null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        return string.Join(", ", BareLlama.SystemInfo.Split('|').Select(part => part.Trim()).Where(part => part.EndsWith("= 1", StringComparison.Ordinal)).Select(part => part[(part.LastIndexOf(':') + 1)..].Replace(" = 1", "", StringComparison.Ordinal).Trim()));
    }
}
