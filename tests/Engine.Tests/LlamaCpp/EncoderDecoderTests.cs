using Engine.LlamaCpp;
using Engine.LlamaCpp.Direct;
using Engine.Sampling;
using Engine.Serving;

namespace Engine.Tests.LlamaCpp;

/// <summary>Sources and targets on one context of an encoder–decoder of random weights.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class EncoderDecoderTests : IDisposable
{
    private static readonly int[] Target = [0, 4, 5, 3];

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private async Task<LlamaCppModel> Load(TinyModel model, int contextLength = 0)
    {
        var random = new Xoshiro256(7);
        model.Weights(() => (float)(random.NextCoin() - 0.5)).Write(_folder.File("model.gguf")).Dispose();
        return await new LlamaCppBackend().LoadFileAsync(new() { Path = _folder.File("model.gguf"), Device = "cpu", ContextLength = contextLength }, null, default);
    }

    private static float[][] Score(IPass pass, int[] source, int[] target)
    {
        var rows = new float[target.Length][];
        pass.Score(new PassInput(target) { Source = source }, 0, target.Length, (i, row) => rows[i] = row.ToArray(), default);
        return rows;
    }

    [Fact]
    public async Task Another_source_gives_other_logits_and_the_first_one_its_own_again()
    {
        using var model = await Load(TinyModel.T5());
        using IPass pass = model.OpenPass(new(Numerics.Strict));
        var first = Score(pass, [4, 5, 4, 1], Target);
        Assert.True(Agreement.OfRms(first[^1], Score(pass, [3], Target)[^1]) > 1e-3);
        Assert.Equal(first[^1], Score(pass, [4, 5, 4, 1], Target)[^1]);
    }

    [Fact]
    public async Task Steps_give_what_scoring_all_at_once_gives()
    {
        using var model = await Load(TinyModel.T5());
        using IPass pass = model.OpenPass(new(Numerics.Strict));
        var rows = Score(pass, [4, 5, 1], Target);
        pass.Begin([4, 5, 1], default);
        for (int i = 0; i < Target.Length; i++)
        {
            Assert.True(Agreement.OfRms(rows[i], pass.Continue([Target[i]], default).ToArray()) < Agreement.Floats);
        }
        Assert.Equal(Target.Length, ((DecoderPass)pass).Length);
    }

    /// <summary>On each of these llama.cpp would end the process.</summary>
    [Fact]
    public async Task A_source_without_an_encoder_one_that_is_too_long_and_a_target_without_a_source_are_refused_in_managed_code()
    {
        using (var model = await Load(TinyModel.Llama()))
        using (LlamaContext context = model.CreateContext(model.Shapes.Generating(Numerics.Strict)))
        {
            Assert.Throws<InvalidOperationException>(() => context.Encode([1, 2], default));
        }
        using (var model = await Load(TinyModel.T5()))
        using (LlamaContext context = model.CreateContext(model.Shapes.Generating(Numerics.Strict)))
        {
            Assert.Throws<InvalidOperationException>(() => context.Evaluate([0], 1, default));
            Assert.Throws<InvalidOperationException>(() => context.Encode(new int[context.Batch + 1], default));
            context.Encode([4, 5, 1], default);
            context.Evaluate([0], 1, default);
        }
    }

    [Theory]
    [InlineData(32)]
    [InlineData(300)] // more than llama.cpp's rounding of a context, and than the context the file names
    public async Task A_source_and_a_target_may_fill_the_context(int length)
    {
        using var model = await Load(TinyModel.T5(), length);
        using IPass pass = model.OpenPass(new(Numerics.Strict));
        int[] full = [.. Enumerable.Range(0, length).Select(i => i % 6)];
        var rows = Score(pass, full, full);
        Assert.All(rows, row => Assert.All(row, value => Assert.True(float.IsFinite(value))));
        Assert.True(Agreement.OfRms(rows[5], Score(pass, full, full[..6])[5]) < Agreement.Floats);
    }

    [Fact]
    public async Task A_target_without_a_source_does_not_reach_llama_cpp()
    {
        using var model = await Load(TinyModel.T5());
        using IPass pass = model.OpenPass(new(Numerics.Strict));
        Assert.Throws<InvalidOperationException>(() => { pass.Continue([0], default); });
        pass.Begin([4], default);
        pass.Continue([0], default);
        pass.Begin([], default);
        Assert.Throws<InvalidOperationException>(() => { pass.Continue([0], default); });
    }

    [Fact]
    public async Task A_source_does_not_reach_a_decoder()
    {
        using var model = await Load(TinyModel.Llama());
        using IPass pass = model.OpenPass(new(Numerics.Strict));
        Assert.Throws<InvalidOperationException>(() => pass.Begin([1, 2], default));
    }

    [Fact]
    public async Task An_encoding_cancelled_midway_leaves_an_empty_context()
    {
        using var model = await Load(TinyModel.T5(), 3000);
        using IPass pass = model.OpenPass(new(Numerics.Production));
        CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(20)); // the source takes a second
        Assert.Throws<OperationCanceledException>(() => pass.Begin(new int[3000], soon));
        Assert.Throws<InvalidOperationException>(() => { pass.Continue([0], default); });
        pass.Begin([4, 1], default);
        pass.Continue([0], default);
    }

    [Fact]
    public async Task An_encoder_only_embeds()
    {
        var tiny = TinyModel.T5();
        using var whole = await Load(tiny);
        var rows = Embed(whole);
        using var encoder = await Load(TinyModel.T5Encoder());
        Assert.Equal(ModelCapabilities.Embed, encoder.Card.Capabilities & ~ModelCapabilities.Segments);
        Assert.Null(encoder.Card.DecoderStartToken);
        Assert.Equal(3, rows.Count);
        Assert.Equal(3, Embed(encoder).Count);

        static List<float[]> Embed(LlamaCppModel model)
        {
            var rows = new List<float[]>();
            using IPass pass = model.OpenPass(new(Numerics.Strict, Embeds: true));
            pass.Embed([new PassInput([4, 5, 1])], Pooling.None, (_, _, row) => rows.Add(row.ToArray()), default);
            return rows;
        }
    }
}
