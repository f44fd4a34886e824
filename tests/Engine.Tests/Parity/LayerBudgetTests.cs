using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class LayerBudgetTests
{
    // Per token 1,000 numbers; T × T scores; a view of a cache of 256 positions.
    private static TapModel Model() => new((tokens, _) =>
    [
        Zeros("l_out-0", "ADD", [1000, tokens]),
        Zeros("kq-0", "MUL_MAT", [tokens, tokens, 4]),
        Zeros("cache_k_l0 (view)", "VIEW", [16, 256 * ((tokens + 255) / 256)]),
    ]);

    [Theory]
    [InlineData(10_000_000, 300, 300)]
    // Three copies of 4 bytes of 4 T² + 1,000 T + 4,096 numbers for T up to 256.
    [InlineData(2_000_000, 300, 112)]
    [InlineData(65_000, 300, 1)]
    public async Task An_input_is_cut_to_what_fits(long bytes, int tokens, int compared)
    {
        TapModel native = Model();
        LayerFindings findings = await LayerCheck.RunAsync(
            native, Model(), Prompt.FromTokens([.. Enumerable.Repeat(1, tokens)]), new LayerOptions { MemoryBytes = bytes });
        Assert.Equal((compared, tokens), (findings.Scope.Positions, findings.Scope.Tokens));
        Assert.Equal([2, compared], native.Asked);
    }

    [Fact]
    public async Task If_not_even_one_token_fits_both_numbers_are_reported()
    {
        var error = await Assert.ThrowsAsync<InsufficientMemoryException>(() => LayerCheck.RunAsync(
            Model(), Model(), Prompt.FromTokens([1, 2, 3]), new LayerOptions { MemoryBytes = 50_000 }));
        Assert.Equal((61_200, 50_000), (error.RequiredBytes, error.AvailableBytes));
    }

    private static Activation Zeros(string name, string operation, long[] shape) =>
        new(name, operation, 0, shape, new float[shape.Aggregate((a, b) => a * b)]);
}
