using System.Diagnostics;
using System.Globalization;

namespace Engine.Benchmarks.Measurements;

/// <summary>A model loaded in a process that ends afterwards: seconds from the load to the first token, and the memory that it took at the peak, mapped pages
/// of the file included.</summary>
internal static class FirstToken
{
    private const int PromptTokens = 8;

    /// <summary>What the process does when <see cref="Measure"/> asks it to.</summary>
    public static void Run(string path, string side, Settings settings)
    {
        long begin = Stopwatch.GetTimestamp();
        using IBareModel model = side == "reference" ? new BareReference(path, settings.Threads, 512, arithmetic: settings.Arithmetics[0]) : new BareLlama(path, settings.Threads, 512);
        int token = model.Decode(Comparison.Tokens(PromptTokens, 0, model.VocabularySize));
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        model.Decode(Comparison.Tokens(settings.Prompt, 1, model.VocabularySize));
        for (int i = 0; i < settings.Decode; i++)
        {
            token = model.Decode([token]);
        }
        using Process process = Process.GetCurrentProcess();
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{seconds:R} {process.PeakWorkingSet64}"));
    }

    /// <summary>Seconds and bytes of one process.</summary>
    public static (double Seconds, double Bytes) Measure(string path, string side, Settings settings)
    {
        // Under "dotnet Engine.Benchmarks.dll" the process is dotnet's, and its first word the file.
        string[] program = Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet" ? [typeof(FirstToken).Assembly.Location] : [];
        var start = new ProcessStartInfo(Environment.ProcessPath!, [.. program, "first-token", path, side, .. Number("--threads", settings.Threads), .. Number("--prompt", settings.Prompt), .. Number("--decode", settings.Decode)])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string[] answer = process.StandardOutput.ReadToEnd().Split(' ', StringSplitOptions.RemoveEmptyEntries);
        process.WaitForExit();
        return answer.Length == 2
            ? (double.Parse(answer[0], CultureInfo.InvariantCulture), double.Parse(answer[1], CultureInfo.InvariantCulture))
            : throw new NativeFailureException($"Loading {path} in a process: expected seconds and bytes, found that it ended with code {process.ExitCode}: {errors.Result}");
    }

    private static string[] Number(string name, int value) => [name, value.ToString(CultureInfo.InvariantCulture)];
}
