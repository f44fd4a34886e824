using System.Diagnostics;
using ReferenceModels;

namespace Engine.Benchmarks;

/// <summary>The managed reference against llama.cpp on the same file, threads and tokens, taking turns in one process,
/// so that what else the machine does meets both alike.</summary>
internal static class Comparison
{
    private const int PromptTokens = 64;
    private const int DecodeTokens = 16;
    private const int Rounds = 5;

    public static async Task RunAsync(string path, int threads)
    {
        var options = new ModelOptions { Path = path, Backend = "reference", Threads = threads, ContextLength = 512 };
        await using IModel reference = await new ReferenceBackend().LoadAsync(options).ConfigureAwait(false);
        using var llama = new BareLlama(path, threads, 512);
        int[] prompt = [.. Enumerable.Range(0, PromptTokens).Select(i => (300 + i * 7919) % reference.Card.VocabularySize)];

        await MeasureAsync(reference, prompt).ConfigureAwait(false);
        Measure(llama, prompt);
        Console.WriteLine($"{Path.GetFileName(path)}, {threads} threads, prompt {PromptTokens}, decode {DecodeTokens} tokens; tokens per second");
        Console.WriteLine("round   prefill: reference  llama.cpp  ratio    decode: reference  llama.cpp  ratio");
        var ratios = new List<(double Prefill, double Decode)>();
        for (int round = 1; round <= Rounds; round++)
        {
            Speed ours = await MeasureAsync(reference, prompt).ConfigureAwait(false);
            Speed theirs = Measure(llama, prompt);
            ratios.Add((ours.Prefill / theirs.Prefill, ours.Decode / theirs.Decode));
            Console.WriteLine(
                $"{round,5}   {ours.Prefill,18:F1} {theirs.Prefill,10:F1} {ours.Prefill / theirs.Prefill,6:F2}   {ours.Decode,17:F2} {theirs.Decode,10:F2} {ours.Decode / theirs.Decode,6:F2}");
        }
        Console.WriteLine($"median ratio: prefill {Median(ratios.Select(r => r.Prefill)):F2}, decode {Median(ratios.Select(r => r.Decode)):F2}; peak memory of both {PeakMegabytes():N0} MB, file {new FileInfo(path).Length / 1e6:N0} MB");
    }

    private static async Task<Speed> MeasureAsync(IModel model, int[] prompt)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromTokens(prompt),
            MaxTokens = DecodeTokens + 1,
            Sampling = SamplingOptions.Greedy,
            IgnoreEndOfGeneration = true,
        };
        long begin = Stopwatch.GetTimestamp(), first = begin;
        await foreach (GeneratedToken token in model.GenerateAsync(request).ConfigureAwait(false))
        {
            first = token.Index == 0 ? Stopwatch.GetTimestamp() : first;
        }
        return new Speed(prompt.Length / Stopwatch.GetElapsedTime(begin, first).TotalSeconds, DecodeTokens / Stopwatch.GetElapsedTime(first).TotalSeconds);
    }

    private static Speed Measure(BareLlama llama, int[] prompt)
    {
        llama.Clear();
        long begin = Stopwatch.GetTimestamp();
        int token = llama.Decode(prompt);
        long first = Stopwatch.GetTimestamp();
        for (int i = 0; i < DecodeTokens; i++)
        {
            token = llama.Decode([token]);
        }
        return new Speed(prompt.Length / Stopwatch.GetElapsedTime(begin, first).TotalSeconds, DecodeTokens / Stopwatch.GetElapsedTime(first).TotalSeconds);
    }

    private static double Median(IEnumerable<double> values) => values.Order().ElementAt(Rounds / 2);

    private static double PeakMegabytes()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / 1e6;
    }

    private readonly record struct Speed(double Prefill, double Decode);
}
