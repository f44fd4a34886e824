using Engine.LlamaCpp;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Runtime;
using Engine.Serving;

namespace Engine.LLamaSharp.Tests;

/// <summary>Contexts where LLamaSharp itself would let the process die or wait.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpContextTests : IDisposable
{
    private const int Context = 16384;

    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    private Task<LLamaSharpModel> Load(TinyModel model, int contextLength = 0)
    {
        model.Write(_folder.File("model.gguf")).Dispose();
        return new LLamaSharpBackend().LoadFileAsync(new() { Path = _folder.File("model.gguf"), Device = "cpu", ContextLength = contextLength }, null, default);
    }

    [Fact]
    public async Task More_tokens_than_a_batch_and_a_source_for_a_decoder_are_refused()
    {
        using var model = await Load(TinyModel.Llama());
        using var context = model.CreateContext(new ContextShape(32, 8, 8, Numerics.Strict));
        Assert.Throws<InvalidOperationException>(() => context.Evaluate(new int[9], 1, default));
        Assert.Throws<InvalidOperationException>(() => context.Encode([1], default));
        context.Evaluate([1, 2], 1, default);
        Assert.Equal(model.Card.VocabularySize, context.Logits(-1).Length);
        Assert.Throws<EngineException>(() => { context.Embedding(5); });
        Assert.Throws<EngineException>(() => { context.Logits(5); });
    }

    [Fact]
    public async Task A_target_before_its_source_is_refused()
    {
        using var model = await Load(TinyModel.T5());
        using var context = model.CreateContext(new ContextShape(32, 32, 32, Numerics.Strict, Encodes: true));
        Assert.Throws<InvalidOperationException>(() => context.Evaluate([0], 1, default));
    }

    [Fact]
    public async Task A_prefill_cancelled_midway_leaves_an_empty_context()
    {
        using var model = await Load(TinyModel.Llama(), Context);
        using IPass pass = model.OpenPass(new(Numerics.Production));
        pass.Continue([1, 2], default);
        CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(20)); // the prefill takes a second
        Assert.Throws<OperationCanceledException>(() => { pass.Continue(new int[Context - 2], soon); });
        Assert.Equal(0, ((DecoderPass)pass).Length);
        pass.Continue([1, 2], default);
        Assert.Equal(2, ((DecoderPass)pass).Length);
    }

    [Fact]
    public async Task Waiting_for_a_turn_can_be_cancelled()
    {
        using var model = await Load(TinyModel.Llama());
        using IPass pass = model.OpenPass(new(Numerics.Production));
        pass.Continue([1, 2], default);
        ComputeGate.OfProcess.Take(default);
        try
        {
            CancellationToken soon = Steady.CancelledAfter(TimeSpan.FromMilliseconds(20));
            Assert.Throws<OperationCanceledException>(() => { pass.Continue([1], soon); });
            Assert.Equal(0, ((DecoderPass)pass).Length);
        }
        finally
        {
            ComputeGate.OfProcess.Leave();
        }
        Assert.Equal(model.Card.VocabularySize, pass.Continue([1], default).Length);
    }
}
