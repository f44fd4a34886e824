using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class ToleranceTests
{
    [Theory]
    [InlineData("F32", "F32", Numerics.Strict, ParityMetric.MaxRelDiff, 1e-4)]
    [InlineData("F32", "F32", Numerics.Production, ParityMetric.Nmse, 1e-4)]
    [InlineData("F16", "F32", Numerics.Strict, ParityMetric.Nmse, 1e-4)]
    [InlineData("F32", "BF16", Numerics.Production, ParityMetric.Nmse, 1e-3)]
    [InlineData("F32", "Q8_0", Numerics.Strict, ParityMetric.Nmse, 1e-2)]
    [InlineData("IQ4_XS", "F16", Numerics.Strict, ParityMetric.Nmse, 1e-2)]
    public void The_coarser_file_type_and_the_setting_choose_it(string native, string reference, Numerics numerics, ParityMetric metric, double limit)
    {
        Tolerance tolerance = For(native, reference, numerics);
        Assert.Equal((metric, limit), (tolerance.Metric, tolerance.Limit));
        Assert.NotEmpty(tolerance.Reason);
    }

    [Fact]
    public void A_device_gets_the_tolerance_of_its_products()
    {
        ModelCard cpu = new TableModel([[1]], fileType: "F32").Card;
        Assert.Equal(ParityMetric.MaxRelDiff, Tolerance.For(cpu, cpu, Numerics.Strict).Metric);
        Tolerance tolerance = Tolerance.For(cpu with { Device = "Vulkan0" }, cpu, Numerics.Strict);
        Assert.Equal((ParityMetric.Nmse, 1e-5), (tolerance.Metric, tolerance.Limit));
    }

    [Theory]
    [InlineData("F32", Numerics.Strict, 1, 4e-4)] // (1 + 1)²
    [InlineData("F32", Numerics.Strict, 9, 1e-2)] // as it is, no more than quantized weights are allowed
    [InlineData("F16", Numerics.Production, 1, 1.6e-3)] // squares of differences: (1 + 1)⁴
    [InlineData("F16", Numerics.Production, 5, 1e-2)]
    [InlineData("Q8_0", Numerics.Strict, 5, 1e-2)]
    public void Large_adapters_widen_a_limit_up_to_that_of_quantized_weights(string fileType, Numerics numerics, double share, double limit)
    {
        ModelCard bare = new TableModel([[1]], fileType: fileType).Card;
        ModelCard adapted = bare with { Adapters = [new AdapterCard("a", 1, "F32") { Share = share }] };
        Tolerance usual = Tolerance.For(bare, bare, numerics), tolerance = Tolerance.For(adapted, adapted, numerics);
        Assert.Equal(limit, tolerance.Limit, tolerance.Limit * 1e-12);
        Assert.Equal(10 * tolerance.Limit, tolerance.RowLimit);
        Assert.Equal(limit > usual.Limit, tolerance.Reason.Contains("adapters", StringComparison.Ordinal));
    }

    [Fact]
    public void No_adapter_widens_the_limit_of_the_table_of_GELU_which_the_reference_can_look_up_too()
    {
        ModelCard card = new TableModel([[1]], fileType: "F32").Card with { Activation = "gelu", Adapters = [new AdapterCard("a", 1, "F32") { Share = 8 }] };
        Assert.Equal(1e-6, Tolerance.For(card, card, Numerics.Strict).Limit);
    }

    [Theory]
    [InlineData("gelu", ParityMetric.Nmse, 1e-6)]
    [InlineData("relu", ParityMetric.MaxRelDiff, 1e-4)]
    [InlineData("silu", ParityMetric.MaxRelDiff, 1e-4)]
    [InlineData(null, ParityMetric.MaxRelDiff, 1e-4)]
    public void GELU_gets_the_tolerance_of_its_table(string? activation, ParityMetric metric, double limit)
    {
        ModelCard card = new TableModel([[1]], fileType: "F32").Card with { Activation = activation };
        Tolerance tolerance = Tolerance.For(card, card with { Activation = null }, Numerics.Strict);
        Assert.Equal((metric, limit), (tolerance.Metric, tolerance.Limit));
        Assert.Equal(activation == "gelu" ? 5e-3 : null, tolerance.LogitLimit);
    }

    [Fact]
    public void No_tolerance_is_guessed_for_an_unknown_file_type() =>
        Assert.Throws<UnsupportedRequestException>(() => For("F32", "unknown", Numerics.Strict));

    private static Tolerance For(string native, string reference, Numerics numerics) =>
        Tolerance.For(new TableModel([[1]], fileType: native).Card, new TableModel([[1]], fileType: reference).Card, numerics);
}
