using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Quantizer;
using Engine.Sampling;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp.Direct;

/// <summary>Batches of llama.cpp under the scheduler. Keys and values are F32, as in the strict numerics that judge.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppBatchContractTests : BatchContract
{
    protected override double Tolerance => Agreement.Floats;

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) =>
        new LlamaCppBackend().LoadAsync(options with { Path = TinyFamilies.Llama(options.Path), Device = "cpu", CacheType = CacheType.F32 });

    /// <summary>Prefixes that cannot be cut, and an evaluation that was left and cannot be cut back.</summary>
    [Fact]
    public async Task A_recurrent_model_shares_nothing_in_part_and_is_still_right()
    {
        var random = new Xoshiro256(6);
        using var folder = new TemporaryFolder();
        TinyModel.Mamba().Set("mamba.context_length", 256u).Weights(() => (float)(random.NextCoin() - 0.5) / 2).Write(folder.File("mamba.gguf")).Dispose();
        await using IModel model = await new LlamaCppBackend().LoadAsync(new() { Path = folder.File("mamba.gguf"), Device = "cpu", Slots = 4 });
        int[] prefix = [.. Enumerable.Range(0, 120).Select(i => 3 + i % 250)];
        await Task.WhenAll(Enumerable.Range(0, 12).Select(async i =>
        {
            int[] prompt = [.. prefix[..(60 + i * 5)], 3 + i];
            using var cancellation = new CancellationTokenSource(i % 4 == 3 ? i : -1);
            var request = new GenerateRequest { Prompt = Prompt.FromTokens(prompt), MaxTokens = 6, Sampling = SamplingOptions.Greedy, IgnoreEndOfGeneration = true, Logits = StepLogits.Full };
            try
            {
                List<GeneratedToken> answer = await model.GenerateAsync(request, cancellation.Token).ToListAsync(CancellationToken.None);
                int[] all = [.. prompt, .. answer.Select(token => token.Token)];
                var score = new ScoreRequest { Tokens = Prompt.FromTokens(all[..^1]), FirstPosition = prompt.Length - 1, Numerics = Numerics.Strict };
                float[][] rows = [.. (await model.ScoreAsync(score).ToListAsync()).SelectMany(block => Enumerable.Range(0, block.Rows).Select(row => block.Row(row).ToArray()))];
                Assert.All(answer.Zip(rows), pair => Assert.True(Agreement.OfRms(pair.First.Logits!, pair.Second) < Agreement.Floats));
            }
            catch (OperationCanceledException) when (i % 4 == 3)
            {
            }
        }));
    }
}

/// <summary>As it serves unless told otherwise: keys and values in 16 bits, flash attention.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppHalfCacheBatchContractTests : BatchContract
{
    /// <summary>Queries, keys and values are rounded to 11 bits, and flash attention adds up the values of at most 128 positions in such numbers: √131 roundings
    /// of 2⁻¹² in each of two layers, 4e-3; the largest of 10⁵ numbers stands 4.5 deviations out. The format says so, whatever the processor.</summary>
    protected override double Tolerance => 2e-2;

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) =>
        new LlamaCppBackend().LoadAsync(options with { Path = TinyFamilies.Llama(options.Path), Device = "cpu" });
}

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppGpt2BatchContractTests : BatchContract
{
    protected override double Tolerance => Agreement.HalfGelu;

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) =>
        new LlamaCppBackend().LoadAsync(options with { Path = TinyFamilies.Gpt2(options.Path), Device = "cpu", CacheType = CacheType.F32 });
}

/// <summary>Quantized weights, as they serve: repacked, and multiplied by other code for one row than for four.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppQuantizedBatchContractTests : BatchContract
{
    /// <summary>Rounding to eight bits beside the weights makes of last digits whole steps: each side is within <see cref="Agreement.EightBits"/> of what
    /// has none of it, so both within twice its root of each other, 0.09; the largest of 262 logits stands 3 deviations out. What another sequence's
    /// tokens would make of the row is off by more than 1; finer faults are for the F32 file, and for the exact mode.</summary>
    protected override double Tolerance => 0.3;

    protected override async ValueTask<IModel> LoadAsync(ModelOptions options)
    {
        if (!File.Exists(options.Path))
        {
            var random = new Xoshiro256(3);
            string floats = options.Path + ".f32";
            TinyModel.Llama(256, 512).Set("llama.context_length", 128u).Weights(() => (float)(random.NextCoin() - 0.5) / 4).Write(floats).Dispose();
            await new ModelQuantizer().QuantizeAsync(new() { Input = floats, Output = options.Path, Type = "Q4_K_M" });
        }
        return await new LlamaCppBackend().LoadAsync(options with { Device = "cpu" });
    }
}
