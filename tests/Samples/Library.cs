using Engine;
using Engine.LlamaCpp.Direct;
using Engine.Parity;
using ReferenceModels;

namespace Samples;

/// <summary>docs/library.md and docs/parity.md</summary>
public static class Library
{
    public static async Task<ParityReport> CompareAsync(string path)
    {
        await using IModel model = await new LlamaCppBackend().LoadAsync(new() { Path = path });
        await using IModel reference = await new ReferenceBackend().LoadAsync(new() { Path = path });
        ParityReport report = await ParityCheck.RunAsync(model, reference, Prompt.FromText("One rainy day, Peter was in the garden."));
        Console.WriteLine($"{report.Verdict}: {report.Explanation}");
        return report;
    }
}
