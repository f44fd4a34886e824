using Engine.LlamaCpp.Direct;
using Engine.LlamaCpp.Memory;
using Engine.Sampling;
using Engine.Serving;

namespace Engine.Tests.LlamaCpp;

/// <summary>Pooled rows against llama.cpp's own pooling, on an encoder of random weights.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class EmbeddingPassTests : IDisposable
{
    private static readonly int[] Tokens = [2, 4, 5, 6, 7, 4, 3];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<LlamaCppModel> Load(TinyModel model)
    {
        var random = new Xoshiro256(5);
        model.Weights(() => (float)(random.NextCoin() - 0.5)).Write(_folder.File("model.gguf")).Dispose();
        return await new LlamaCppBackend().LoadFileAsync(new() { Path = _folder.File("model.gguf"), Device = "cpu" }, null, default);
    }

    private static float[] Pool(LlamaCppModel model, Pooling pooling)
    {
        using IPass pass = model.OpenPass(new(Numerics.Strict, Embeds: true));
        float[] row = [];
        pass.Embed([new PassInput(Tokens)], pooling, (_, _, values) => row = values.ToArray(), default);
        return row;
    }

    private static float[] PoolNatively(LlamaCppModel model, Pooling pooling)
    {
        using var context = model.CreateContext(new ContextShape(32, 32, 32, Numerics.Strict, Embeds: true, pooling));
        context.Evaluate(Tokens, Tokens.Length, default);
        return context.Scores().ToArray(); // the pooled row, whatever the pooling; as wide as the classifier
    }

    [Theory]
    [InlineData(Pooling.Mean)]
    [InlineData(Pooling.Cls)]
    [InlineData(Pooling.Last)]
    public async Task Rows_are_pooled_as_llama_cpp_pools_them(Pooling pooling)
    {
        using var model = await Load(TinyModel.Bert());
        float[] expected = PoolNatively(model, pooling);
        float[] actual = Pool(model, pooling);
        Assert.Equal(8, actual.Length);
        Assert.NotEqual(0, expected[0]);
        Assert.Equal(expected[0], actual[0], Agreement.Floats * Agreement.Rms(actual));
    }

    [Fact]
    public async Task A_classifier_gives_its_scores()
    {
        var tiny = TinyModel.Bert().Tensor("cls.weight", 8, 8).Tensor("cls.bias", 8).Tensor("cls.output.weight", 8, 1).Tensor("cls.output.bias", 1);
        using var model = await Load(tiny.Set("bert.pooling_type", 4u));
        float score = Assert.Single(Pool(model, Pooling.Rank));
        Assert.Equal(Assert.Single(PoolNatively(model, Pooling.Rank)), score);
        Assert.NotEqual(0, score);
        Assert.Equal(8, Pool(model, Pooling.Mean).Length);
    }
}
