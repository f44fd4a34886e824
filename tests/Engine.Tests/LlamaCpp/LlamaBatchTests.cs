using Engine.LlamaCpp;
using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Quantizer;
using Engine.Sampling;
using Engine.Serving;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp;

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaBatchTests : LlamaBatchContract
{
    private protected override async Task<LlamaModel> LoadAsync(ModelOptions options) => await new LlamaCppBackend().LoadFileAsync(options, null, default);

    /// <summary>Prompts in pieces beside others' tokens, then eight tokens at once: no digit differs from those of a lone sequence.</summary>
    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_K_M")]
    [InlineData("Q6_K")]
    public async Task In_the_exact_mode_a_batch_of_eight_gives_the_bits_of_lone_sequences(string type)
    {
        var random = new Xoshiro256(3);
        TinyModel.Llama(256, 512).Set("llama.context_length", 128u).Weights(() => (float)(random.NextCoin() - 0.5) / 4).Write(File("f32.gguf")).Dispose();
        if (type != "F32")
        {
            await new ModelQuantizer().QuantizeAsync(new() { Input = File("f32.gguf"), Output = File("model.gguf"), Type = type });
        }
        using LlamaModel model = await LoadAsync(new ModelOptions { Path = File(type == "F32" ? "f32.gguf" : "model.gguf"), Device = "cpu", Exact = true });
        using ISequenceBatch batch = model.OpenBatch(new BatchShape(8, 8 * 128)), lone = model.OpenBatch(new BatchShape(1, 128));
        int[][] prompts = [.. Enumerable.Range(0, 8).Select(n => Enumerable.Range(0, 20 + n).Select(i => (i * i + 5 * n) % 260).ToArray())];
        Rows(batch, [.. prompts.Select((prompt, n) => Chunk(n, prompt[..11], false))]);
        float[][] first = Rows(batch, [.. prompts.Select((prompt, n) => Chunk(n, prompt[11..]))]);
        float[][] second = Rows(batch, [.. prompts.Select((_, n) => Chunk(n, [n]))]);
        for (int n = 0; n < 8; n++)
        {
            Assert.True(lone.TryRemove(0, 0));
            Assert.Equal(Rows(lone, Chunk(0, prompts[n]))[0], first[n]);
            Assert.Equal(Rows(lone, Chunk(0, [n]))[0], second[n]);
        }
    }
}
