using Engine.Registry;

namespace Engine.Tests.Registry;

public sealed class ReferenceOracleTests
{
    [Fact]
    public async Task It_judges_in_exact_arithmetic_whatever_the_judged_model_would_use()
    {
        var reference = new FakeBackend("reference");
        var options = new ModelOptions { Path = "model.gguf", Arithmetic = Arithmetic.Ggml, Slots = 4 };
        await using IModel oracle = await ReferenceOracle.LoadAsync([reference], options, new FakeModel(options).Card, default);
        Assert.Equal(("model.gguf", Arithmetic.Exact, 1), (reference.Loaded[0].Options.Path, reference.Loaded[0].Options.Arithmetic, reference.Loaded[0].Options.Slots));
    }
}
