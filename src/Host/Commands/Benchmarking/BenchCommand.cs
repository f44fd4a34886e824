using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Engine.Host.Commands.Generating;

namespace Engine.Host.Commands.Benchmarking;

/// <summary><c>engine bench</c>: how fast a backend reads a prompt and generates.</summary>
internal sealed class BenchCommand
{
    private static readonly JsonSerializerOptions Json = JsonOutput.With(BenchReportJson.Default);

    private const int Seed = 1234;

    /// <summary>Long enough for the runtime to reach its final compilation of a small model's loops; a large model runs once.</summary>
    private static readonly TimeSpan WarmUp = TimeSpan.FromSeconds(1);

    private readonly Option<int> _promptTokens = NumberOption.Create("--prompt-tokens", 1, 1 << 20, 128, "Tokens of the prompt.");
    private readonly Option<int> _generateTokens = NumberOption.Create("--generate-tokens", 1, 1 << 20, 32, "Tokens to generate after it.");
    private readonly Option<int> _repeat = NumberOption.Create("--repeat", 1, 1000, 5, "Runs; the median counts.");
    private readonly Option<string> _arithmetic = ChoiceOption.Create("--arithmetic", "How the backend 'reference' multiplies with quantized and 16-bit weights.", "exact", "ggml");
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };
    private readonly ModelOptionGroup _model = new();

    public static Command Create() => new BenchCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("bench", "Measures how many tokens per second a backend reads and generates.")
        {
            WhenStopped = "Stopped before the last run: nothing was measured.",
            Examples =
            [
                "engine bench --model llama.gguf",
                "engine bench --model llama.gguf --backend reference --arithmetic ggml --prompt-tokens 64 --json",
            ],
        };
        verb.AddGroup("Measurement", _promptTokens, _generateTokens, _repeat, _arithmetic, _json);
        _model.AddTo(verb);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var size = new Size(parsed.GetValue(_promptTokens), parsed.GetValue(_generateTokens), parsed.GetValue(_repeat));
        ModelOptions options = _model.Read(parsed) with { Arithmetic = Enum.Parse<Arithmetic>(parsed.GetValue(_arithmetic)!, ignoreCase: true) };
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        long begin = Stopwatch.GetTimestamp();
        IModel model = await backends.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        double loadSeconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        await using (model.ConfigureAwait(false))
        {
            IReadOnlyList<GenerationTiming> runs = await MeasureAsync(model, size, cancellationToken).ConfigureAwait(false);
            double[] prefill = [.. runs.Select(run => run.PrefillTokensPerSecond!.Value)];
            double[] decode = [.. runs.Select(run => run.DecodeTokensPerSecond!.Value)];
            var report = new BenchReport
            {
                Backend = model.Card.Backend,
                Device = model.Card.Device,
                Arithmetic = model.Card.Backend == ReferenceModels.ReferenceBackend.BackendName ? parsed.GetValue(_arithmetic) : null,
                Threads = options.Threads > 0 ? options.Threads : Environment.ProcessorCount,
                PrefillTokensPerSecond = Median(prefill),
                DecodeTokensPerSecond = Median(decode),
                LoadSeconds = loadSeconds,
                PeakMemoryBytes = PeakMemory.Read(),
                Model = model.Card.Name,
                Adapters = options.Adapters,
                FileType = model.Card.FileType,
                Parameters = model.Card.Parameters,
                TensorBytes = model.Card.TensorBytes,
                PromptTokens = size.Prompt,
                GenerateTokens = size.Generate,
                Repeat = size.Repeat,
            };
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (parsed.GetValue(_json))
            {
                JsonOutput.Write(output, report, Json);
            }
            else
            {
                output.Write(Describe(report, prefill, decode));
            }
            return ExitCode.Pass;
        }
    }

    private static async Task<IReadOnlyList<GenerationTiming>> MeasureAsync(IModel model, Size size, CancellationToken cancellationToken)
    {
        int needed = size.Prompt + size.Generate + 1;
        if (needed > model.Card.ContextLength)
        {
            throw new InvalidRequestException(
                $"Measuring {size.Prompt} tokens of prompt and {size.Generate} generated: the context holds {model.Card.ContextLength} tokens, {needed} are needed. "
                + "Lower --prompt-tokens or --generate-tokens, or raise --context.");
        }
        using var bar = new ProgressBar("Measuring");
        var random = new Random(Seed);
        var runs = new List<GenerationTiming>();
        long begin = Stopwatch.GetTimestamp();
        do
        {
            await MeasureOnceAsync(model, random, size, part => bar.Report(part / (size.Repeat + 1)), cancellationToken).ConfigureAwait(false);
        }
        while (Stopwatch.GetElapsedTime(begin) < WarmUp);
        while (runs.Count < size.Repeat)
        {
            runs.Add(await MeasureOnceAsync(
                model, random, size, part => bar.Report((runs.Count + 1 + part) / (size.Repeat + 1)), cancellationToken).ConfigureAwait(false));
        }
        return runs;
    }

    /// <summary>One run over new random ids, so that no cached prefix can help. The first token counts towards the prompt's time.</summary>
    private static async Task<GenerationTiming> MeasureOnceAsync(
        IModel model, Random random, Size size, Action<float> progress, CancellationToken cancellationToken)
    {
        var request = new GenerateRequest
        {
            Prompt = Prompt.FromTokens([.. Enumerable.Range(0, size.Prompt).Select(_ => random.Next(model.Card.VocabularySize))]),
            MaxTokens = size.Generate + 1,
            Sampling = SamplingOptions.Greedy,
            IgnoreEndOfGeneration = true,
        };
        var timing = new GenerationTiming();
        await foreach (GeneratedToken token in model.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
        {
            timing.Mark(token);
            progress((token.Index + 1f) / (size.Generate + 1));
        }
        return timing;
    }

    internal static double Median(IReadOnlyList<double> values)
    {
        double[] sorted = [.. values.Order()];
        int middle = sorted.Length / 2;
        return sorted.Length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    private static string Describe(BenchReport report, double[] prefill, double[] decode)
    {
        const double mebibyte = 1 << 20;
        string threads = report.Threads == 1 ? "1 thread" : $"{report.Threads} threads";
        string adapters = string.Concat(report.Adapters.Select(adapter =>
            string.Create(CultureInfo.InvariantCulture, $"\nwith {Path.GetFileName(adapter.Path)}{(adapter.Scale == 1 ? "" : $" × {adapter.Scale}")}")));
        return string.Create(CultureInfo.InvariantCulture, $"""
            {report.Model}: {report.FileType}, {report.Parameters:N0} parameters, {report.TensorBytes / mebibyte:N1} MiB{adapters}
            {report.Backend} on {report.Device}, {(report.Arithmetic is { } arithmetic ? $"{arithmetic} arithmetic, " : "")}{threads}, loaded in {report.LoadSeconds:N2} s

            prefill  {report.PrefillTokensPerSecond,12:N1} tokens/s   {report.PromptTokens} tokens, {prefill.Min():N1} to {prefill.Max():N1}
            decode   {report.DecodeTokensPerSecond,12:N1} tokens/s   {report.GenerateTokens} tokens, {decode.Min():N1} to {decode.Max():N1}
            memory   {report.PeakMemoryBytes / mebibyte,12:N1} MiB        at the peak, mapped pages of the file included

            Medians of {report.Repeat} runs after a warm-up.

            """);
    }

    private readonly record struct Size(int Prompt, int Generate, int Repeat);
}
