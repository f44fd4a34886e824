using Engine.Host.Commands;
using Engine.Parity;

namespace Engine.Host.Tests.Commands;

public sealed class SecondOpinionTests
{
    private static readonly ModelCard Quantized = Card("Q8_0", "gelu");

    [Fact]
    public async Task A_distance_that_goes_away_when_the_reference_rounds_alike_is_rounding()
    {
        (ParityReport report, ModelOptions? loaded) = await AskAsync(Report(ParityVerdict.Fail, "Q8_0"), ParityVerdict.Pass, Quantized);
        Assert.Equal((ParityVerdict.Pass, Arithmetic.Ggml), (report.Verdict, report.Arithmetic));
        Assert.Equal("Pass with the reference in ggml's arithmetic (in exact arithmetic: Fail)", report.Explanation);
        Assert.Equal(("t5.gguf", Arithmetic.Ggml), (loaded!.Path, loaded.Arithmetic));
    }

    [Fact]
    public async Task A_fault_stays_and_is_told_as_it_was_first()
    {
        ParityReport first = Report(ParityVerdict.Fail, "Q8_0");
        Assert.Same(first, (await AskAsync(first, ParityVerdict.Fail, Quantized)).Report);
    }

    [Theory]
    [InlineData(ParityVerdict.Pass, "Q8_0", "gelu", Arithmetic.Exact)]
    [InlineData(ParityVerdict.Fail, "F32", "silu", Arithmetic.Exact)]
    [InlineData(ParityVerdict.Fail, "Q8_0", "silu", Arithmetic.Ggml)]
    public async Task Nobody_is_asked_where_there_is_nothing_to_gain(ParityVerdict verdict, string fileType, string activation, Arithmetic arithmetic)
    {
        ParityReport first = Report(verdict, fileType);
        (ParityReport report, ModelOptions? loaded) = await AskAsync(first, ParityVerdict.Pass, Card(fileType, activation), arithmetic);
        Assert.Same(first, report);
        Assert.Null(loaded);
    }

    private static async Task<(ParityReport Report, ModelOptions? Loaded)> AskAsync(
        ParityReport first, ParityVerdict second, ModelCard native, Arithmetic arithmetic = Arithmetic.Exact)
    {
        ModelOptions? loaded = null;
        var opinion = new SecondOpinion(
            (options, _) => Task.FromResult<IModel>(new Unloaded(loaded = options)), new ModelOptions { Path = "t5.gguf", Arithmetic = arithmetic });
        return (await opinion.AskAsync(first, native, _ => Task.FromResult(Report(second, native.FileType)), default), loaded);
    }

    private static ParityReport Report(ParityVerdict verdict, string fileType) => new()
    {
        Verdict = verdict,
        Explanation = $"{verdict}",
        Setting = Numerics.Strict,
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
        Abilities = ModelAbilities.Score,
        Activation = activation,
    };

    /// <summary>Of which only the options are looked at.</summary>
    private sealed class Unloaded(ModelOptions options) : IModel
    {
        public ModelCard Card => throw new InvalidOperationException(options.Path);

        public ITokenizer Tokenizer => throw new InvalidOperationException(options.Path);

        public IAsyncEnumerable<ScoreBlock> ScoreAsync(ScoreRequest request, CancellationToken cancellationToken = default) => throw new InvalidOperationException();

        public IAsyncEnumerable<GeneratedToken> GenerateAsync(GenerateRequest request, CancellationToken cancellationToken = default) => throw new InvalidOperationException();

        public ValueTask<Embeddings> EmbedAsync(EmbedRequest request, CancellationToken cancellationToken = default) => throw new InvalidOperationException();

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
