using Engine;
using Engine.Parity;

namespace ReferenceModels.Tests.Parity;

/// <summary>Compares the layers of llama.cpp and the reference in one call.</summary>
internal static class LayerFixture
{
    public static async Task<LayerFindings> LookAsync(
        string nativePath, string referencePath, int[] tokens, Arithmetic arithmetic = Arithmetic.Ggml, int[]? target = null, Numerics numerics = Numerics.Strict)
    {
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(nativePath, 0);
        await using IModel reference = await new ReferenceBackend().LoadAsync(new ModelOptions { Path = referencePath, Backend = "reference" });
        var options = new LayerOptions { Arithmetic = arithmetic, Numerics = numerics, Target = target is null ? null : Prompt.FromTokens(target) };
        return await LayerCheck.RunAsync(native, reference, Prompt.FromTokens(tokens), options);
    }

    /// <summary>The rows of ops that compute something and exist on only one side.</summary>
    public static IEnumerable<string> Unmeasured(LayerFindings findings) =>
        findings.Layers.Where(layer => layer.Only is not null && !LayerRow.Moves(layer.Op)).Select(layer => $"{layer.Name} {layer.Op}");
}
