using Engine.Gguf;
using Engine.LlamaCpp.Runtime;
using Microsoft.Extensions.Logging;

namespace Engine.LlamaCpp;

/// <summary>The loading of low-rank adapters, whichever binding makes the call.</summary>
internal static class AdapterLoading
{
    /// <summary>Refuses adapters with which llama.cpp would end the process, or that do not belong to this model.</summary>
    /// <returns>The adapters.</returns>
    /// <exception cref="ModelFileException">A file is not an adapter, or not one for this model.</exception>
    public static IReadOnlyList<AdapterCard> Check(GgufFile file, IReadOnlyList<AdapterOptions> options, ILogger logger)
    {
        var cards = new List<AdapterCard>();
        foreach (AdapterOptions adapter in options)
        {
            using GgufAdapter check = GgufAdapter.Open(adapter.Path, file);
            check.WarnOfUnused(logger);
            cards.Add(check.ToCard(adapter));
        }
        return cards;
    }

    /// <summary>Loads them one after another, before the model has contexts.</summary>
    /// <param name="file">The model's file.</param>
    /// <param name="options">The adapters and their scales, already checked.</param>
    /// <param name="runner">The library's name, such as <c>llama.cpp v0.5.0</c>.</param>
    /// <param name="load">Loads one by its path; null if llama.cpp refuses it, its reason in the log.</param>
    /// <exception cref="ModelFileException">llama.cpp refuses a file.</exception>
    public static async Task<(T Adapter, float Scale)[]> RunAsync<T>(
        GgufFile file, IReadOnlyList<AdapterOptions> options, string runner, Func<string, NativeLogListener, T?> load) where T : class
    {
        if (options.Count == 0)
        {
            return [];
        }
        return await GuardedThread.Run(
            $"adapters of {file.FileName}", stackBytes: 16 << 20,
            reason => Refusal(string.Join(", ", options.Select(adapter => adapter.Path)), file, runner, reason),
            () => options.Select(adapter => (Load(adapter.Path), adapter.Scale)).ToArray()).ConfigureAwait(false);

        T Load(string path)
        {
            using var log = NativeLog.Listen();
            return load(path, log) ?? throw Refusal(path, file, runner, log.Reason);
        }
    }

    private static ModelFileException Refusal(string path, GgufFile file, string runner, string reason) => new(
        $"Loading the adapter {Path.GetFileName(path)} for {file.FileName}: expected one that {runner} accepts; it refuses the file: {reason}. Check the file, or convert the adapter again.");
}
