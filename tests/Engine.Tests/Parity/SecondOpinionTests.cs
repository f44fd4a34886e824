using Engine.Parity;

namespace Engine.Tests.Parity;

public sealed class SecondOpinionTests
{
    private static readonly ModelCard Quantized = Card("Q8_0", "gelu");

    [Fact]
    public async Task A_distance_that_goes_away_when_the_reference_rounds_alike_is_rounding()
    {
        (ParityReport report, Arithmetic? asked) = await AskAsync(Report(ParityVerdict.Fail, "Q8_0"), ParityVerdict.Pass, Quantized);
        Assert.Equal((ParityVerdict.Pass, Arithmetic.Ggml), (report.Verdict, report.Arithmetic));
        Assert.Equal("Pass with the reference in ggml's arithmetic (in exact arithmetic: Fail)", report.Explanation);
        Assert.Equal(Arithmetic.Ggml, asked);
    }

    [Fact]
    public async Task A_fault_remains_and_is_reported_as_before()
    {
        ParityReport first = Report(ParityVerdict.Fail, "Q8_0");
        Assert.Same(first, (await AskAsync(first, ParityVerdict.Fail, Quantized)).Report);
    }

    [Theory]
    [InlineData(ParityVerdict.Pass, "Q8_0", "gelu", null)]
    [InlineData(ParityVerdict.Fail, "F32", "silu", null)]
    [InlineData(ParityVerdict.Fail, "Q8_0", "silu", Arithmetic.Ggml)]
    public async Task No_second_opinion_when_it_cannot_change_the_verdict(ParityVerdict verdict, string fileType, string activation, Arithmetic? arithmetic)
    {
        ParityReport first = Report(verdict, fileType) with { Arithmetic = arithmetic };
        (ParityReport report, Arithmetic? asked) = await AskAsync(first, ParityVerdict.Pass, Card(fileType, activation));
        Assert.Same(first, report);
        Assert.Null(asked);
    }

    private static async Task<(ParityReport Report, Arithmetic? Asked)> AskAsync(ParityReport first, ParityVerdict second, ModelCard native)
    {
        Arithmetic? asked = null;
        ParityReport report = await SecondOpinion.AskAsync(first, native, arithmetic =>
        {
            asked = arithmetic;
            return Task.FromResult(Report(second, native.FileType) with { Arithmetic = arithmetic });
        });
        return (report, asked);
    }

    private static ParityReport Report(ParityVerdict verdict, string fileType) => new()
    {
        Verdict = verdict,
        Explanation = $"{verdict}",
        Numerics = Numerics.Strict,
        Native = new ParitySide("llama.cpp", "cpu", fileType, "t5.gguf"),
        Reference = new ParitySide("reference", "cpu", fileType, "t5.gguf"),
        Positions = 1,
        Vocabulary = 1,
        MaxAbsDiff = null,
        Nmse = null,
        Cosine = null,
        KlMean = null,
        KlP99 = null,
        KlMax = null,
        SameTop1 = null,
        PerplexityNative = null,
        PerplexityReference = null,
        Tolerance = new Tolerance { Metric = ParityMetric.Nmse, Limit = 1, RowLimit = 1, Reason = "none" },
        SmallestFault = null,
        FirstDivergence = null,
    };

    private static ModelCard Card(string fileType, string activation) => new()
    {
        Name = "t5",
        Path = "t5.gguf",
        Architecture = "t5",
        Backend = "llama.cpp",
        Device = "cpu",
        FileType = fileType,
        Parameters = 0,
        TensorBytes = 0,
        VocabularySize = 1,
        EmbeddingLength = 1,
        Layers = 0,
        ContextLength = 1,
        TrainedContextLength = 1,
        Capabilities = ModelCapabilities.Score,
        Activation = activation,
    };
}
