using Engine.BuiltIn;
using Engine.LlamaCpp;
using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Runtime;

namespace Engine.Tests.LlamaCpp;

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class NativeVariantTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 70).Select(i => 300 + i)];

    /// <summary>Flash attention rounds keys, values and what it adds up to 16 bits: 2⁻¹¹ of numbers of which the largest are some five times the
    /// RMS, in each of its sums, four of them. Measured: 1e-3.</summary>
    [Theory]
    [InlineData(true, null, 1, Agreement.Floats)]
    [InlineData(true, null, 512, Agreement.Floats)]
    [InlineData(false, null, null, Agreement.Floats)]
    [InlineData(true, false, null, Agreement.Floats)]
    [InlineData(true, true, null, 1e-2)]
    public async Task Every_variant_computes_the_same_model(bool repacks, bool? flashAttention, int? microBatch, double most)
    {
        float[] served = await ScoreAsync(NativeVariant.AsServed);
        float[] other = await ScoreAsync(new NativeVariant(null, repacks, flashAttention, microBatch));
        Assert.InRange(Agreement.OfRms(other, served), 0, most);
    }

    [Fact]
    public async Task Flash_attention_is_really_switched()
    {
        float[] served = await ScoreAsync(NativeVariant.AsServed);
        Assert.NotEqual(served, await ScoreAsync(new NativeVariant(FlashAttention: true)));
    }

    [Fact]
    public void The_first_plugin_is_the_one_that_llama_cpp_takes()
    {
        IReadOnlyList<string> plugins = CpuPlugins.Find(null);
        LlamaLibrary library = LlamaLibrary.Load(null, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        Assert.Contains(library.PluginLog, line => line.Contains(CpuBuild.Plugin, StringComparison.Ordinal)); // the first, unless CI names another
        Assert.All(plugins, plugin => Assert.DoesNotContain('/', CpuPlugins.Name(plugin)));
    }

    private static async Task<float[]> ScoreAsync(NativeVariant variant)
    {
        var options = new ModelOptions { Path = DefaultModel.FindF32(), Device = "cpu", ContextLength = 128 };
        await using IModel model = await new LlamaCppBackend { Variant = variant }.LoadAsync(options);
        var logits = new List<float>();
        await foreach (ScoreBlock block in model.ScoreAsync(new ScoreRequest { Tokens = Prompt.FromTokens(Tokens), Numerics = Numerics.Strict }))
        {
            logits.AddRange(block.Logits!);
        }
        return [.. logits];
    }
}
