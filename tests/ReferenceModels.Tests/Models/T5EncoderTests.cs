using Engine;
using Engine.Gguf;
using Engine.Parity;
using ReferenceModels.Tests.Parity;

namespace ReferenceModels.Tests.Models;

/// <summary>The encoder of a T5 alone, against llama.cpp.</summary>
public sealed class T5EncoderTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private string Model => _folder.File("model.gguf");

    public static TheoryData<string> Shapes => [.. Cases.Keys];

    private static readonly Dictionary<string, (RandomT5 Model, int Tokens)> Cases = new()
    {
        ["a ReLU"] = (new(), 60),
        ["a gated GELU"] = (new() { Gated = true }, 60),
        ["a table of positions in every layer"] = (new() { OwnPositions = true, Buckets = 10, N = 3 }, 90),
        ["heads wider than their share"] = (new() { H = 3, KeyLength = 40 }, 20),
        ["one token"] = (new(), 1),
        ["16 bits"] = (new() { Type = GgmlType.F16 }, 30),
        ["8 bits"] = (new() { Type = GgmlType.Q8_0, Width = 128, Inner = 256 }, 30),
        ["4 bits and a gated GELU"] = (new() { Type = GgmlType.Q4_K, Width = 256, Inner = 256, Gated = true }, 30),
    };

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Rows_and_pooled_rows_pass_against_llama_cpp(string shape)
    {
        (RandomT5 t5, int tokens) = Cases[shape];
        (t5 with { EncoderOnly = true }).Write(Model);
        await using IModel native = await ReferenceModelFixture.LoadNativeAsync(Model, 0), reference = await ReferenceModelFixture.LoadAsync(Model);
        ParityReport report = await ParityCheck.RunAsync(native, reference, Prompt.FromTokens(t5.Source(tokens)));
        Assert.True(report.Verdict == ParityVerdict.Pass, report.ToText());
        Assert.Equal(["mean embedding", "[CLS] embedding"], report.Also!.Select(rows => rows.Name));
        Assert.Equal(native.Card.Capabilities | ModelCapabilities.Replay, reference.Card.Capabilities);
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public async Task Every_op_is_measured(string shape)
    {
        (RandomT5 t5, int tokens) = Cases[shape];
        (t5 with { EncoderOnly = true }).Write(Model);
        LayerFindings findings = await LayerFixture.LookAsync(Model, Model, t5.Source(tokens));
        Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
        Assert.Empty(LayerFixture.Unmeasured(findings));
    }

    /// <summary>llama.cpp is its own judge here: a file of this kind does not say that its attention is bidirectional, and
    /// <c>llama_decode</c> then hides later positions.</summary>
    [Theory]
    [InlineData("llama.cpp")]
    [InlineData("reference")]
    public async Task Rows_equal_those_of_the_same_encoder_with_a_decoder_in_llama_cpp(string backend)
    {
        RandomT5 t5 = new();
        string whole = t5.Write(_folder.File("whole.gguf"));
        (t5 with { EncoderOnly = true }).Write(Model);
        float[][] expected, rows;
        await using (IModel model = await ReferenceModelFixture.LoadNativeAsync(whole, 0))
        {
            expected = await EmbedAsync(model, t5.Source(20));
        }
        await using (IModel model = backend == "reference" ? await ReferenceModelFixture.LoadAsync(Model) : await ReferenceModelFixture.LoadNativeAsync(Model, 0))
        {
            rows = await EmbedAsync(model, t5.Source(20));
        }
        Assert.InRange(Agreement.OfRms(rows, expected), 0, Agreement.Floats);
    }

    private static async Task<float[][]> EmbedAsync(IModel model, int[] tokens) =>
        [.. (await model.EmbedAsync(new() { Inputs = [Prompt.FromTokens(tokens)], Pooling = Pooling.None, Numerics = Numerics.Strict })).Rows.Select(row => row.ToArray())];
}
