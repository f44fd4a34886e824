using Engine.BuiltIn;
using Engine.LlamaCpp;

namespace Engine.Tests.LlamaCpp;

[Trait("Judge", "llama.cpp")]
public sealed class NativeVariantTests
{
    private static readonly int[] Tokens = [.. Enumerable.Range(0, 70).Select(i => 300 + i)];

    /// <summary>Measured on the default model: up to 6e-7 of the RMS for micro-batches; 1e-3 for flash attention, which rounds to 16 bits.</summary>
    [Theory]
    [InlineData(true, null, 1, 1e-5)]
    [InlineData(true, null, 512, 1e-5)]
    [InlineData(false, null, null, 1e-5)]
    [InlineData(true, false, null, 1e-5)]
    [InlineData(true, true, null, 1e-2)]
    public async Task Every_variant_computes_the_same_model(bool repacks, bool? flashAttention, int? microBatch, double most)
    {
        float[] served = await ScoreAsync(NativeVariant.AsServed);
        float[] other = await ScoreAsync(new NativeVariant(null, repacks, flashAttention, microBatch));
        double rms = Math.Sqrt(served.Average(logit => (double)logit * logit));
        Assert.InRange(served.Zip(other).Max(pair => Math.Abs((double)pair.First - pair.Second)) / rms, 0, most);
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
