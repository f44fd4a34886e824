using Engine.Gguf;
using Engine.Parity;
using Engine.Registry;
using Engine.Shadow;
using ReferenceModels.Tests.Parity;

namespace ReferenceModels.Tests.Shadow;

/// <summary>Real requests on llama.cpp, checked by the reference: a correct model raises no alarm, and a fault raises one and is named.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class ShadowFaultTests : IDisposable
{
    private static readonly RandomLlama Llama = new() { N = 3, Inner = 128 };

    // The fault, and the op where it is.
    private static readonly Dictionary<string, (Action<FaultyFile> Fault, string Op)> Faults = new()
    {
        ["a tensor times 1.05"] = (f => f.Scale("blk.1.ffn_down.weight", 1.05f), "layer 1, ffn_out (MUL_MAT)"),
        ["another rotary base"] = (f => f.Set("llama.rope.freq_base", GgufValue.FromScalar(500f)), "layer 0, Qcur (ROPE)"),
        ["keys and values exchanged"] = (f => f.Swap("blk.1.attn_k.weight", "blk.1.attn_v.weight"), "layer 1, Vcur (MUL_MAT)"),
    };

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task A_fault_raises_the_alarm_after_the_configured_number_of_samples_and_names_the_op(string fault)
    {
        string right = Llama.Write(_folder.File("right.gguf"));
        var faulty = new FaultyFile(right, _folder.File("faulty.gguf"));
        Faults[fault].Fault(faulty);
        await using ShadowHost host = await ShadowHost.StartAsync(faulty.Write(),
            ("Models:oracle:Path", right), ("Models:oracle:Backend", "reference"), ("Models:oracle:ContextLength", "96"), ("Shadow:Oracle", "oracle"));
        await host.AskAsync(3);
        Assert.All(host.Records, record => Assert.Equal(ParityVerdict.Fail, record.Verdict));
        Assert.Contains(Faults[fault].Op, host.Records[2].Reason, StringComparison.Ordinal);
        Assert.Equal(ModelState.Degraded, host.Status.State);
        Assert.Contains(Faults[fault].Op, host.Status.Failure!.Message, StringComparison.Ordinal);
        Assert.Single(host.Log, line => line.StartsWith("Error: The answers of the model 'default' are not right", StringComparison.Ordinal));
        Assert.Contains(host.Log, line => line.StartsWith("Error: ", StringComparison.Ordinal) && line.Contains(Faults[fault].Op, StringComparison.Ordinal));

        // One alarm at a time, and the layers are compared once.
        await host.AskAsync(3);
        Assert.Single(host.Log, line => line.Contains("op by op", StringComparison.Ordinal));
        Assert.DoesNotContain("first op", host.Records[^1].Reason, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(GgmlType.F32)]
    [InlineData(GgmlType.Q8_0)]
    public async Task A_fault_too_small_for_the_logits_is_found_in_the_first_answer_op_by_op(GgmlType type)
    {
        string right = (Llama with { Type = type }).Write(_folder.File("right.gguf"));
        var faulty = new FaultyFile(right, _folder.File("faulty.gguf"));
        _ = type == GgmlType.Q8_0 ? faulty.ScaleBlocks("blk.1.ffn_down.weight", 1.01f, 34, [0]) : faulty.Scale("blk.1.ffn_down.weight", 1.01f);
        const string Op = "layer 1, ffn_out (MUL_MAT)";
        await using ShadowHost host = await ShadowHost.StartAsync(faulty.Write(),
            ("Models:oracle:Path", right), ("Models:oracle:Backend", "reference"), ("Models:oracle:ContextLength", "96"), ("Shadow:Oracle", "oracle"), ("Shadow:LayersEvery", "3"));
        await host.AskAsync(1);
        ShadowRecord first = host.Records[0];
        Assert.Equal(ParityVerdict.Fail, first.Verdict);
        Assert.True(first.Nmse < first.Tolerance.Limit, first.ToString()); // the logits alone pass
        Assert.Contains(Op, first.Reason, StringComparison.Ordinal);
        Assert.Contains(Op, host.Status.Failure!.Message, StringComparison.Ordinal);
        Assert.Single(host.Log, line => line.StartsWith("Error: The answers of the model 'default' are not right", StringComparison.Ordinal));

        // Logits that pass do not end the alarm, and a divergence is reported once.
        await host.AskAsync(3);
        Assert.Equal([ParityVerdict.Pass, ParityVerdict.Pass, ParityVerdict.Fail], host.Records.Skip(1).Select(record => record.Verdict));
        Assert.Equal(ModelState.Degraded, host.Status.State);
        Assert.Single(host.Log, line => line.StartsWith("Error: ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("F32")]
    [InlineData("F16")]
    [InlineData("Q8_0")]
    [InlineData("Q4_0")]
    [InlineData("GPT-2")]
    [InlineData("T5")]
    public async Task A_correct_model_raises_no_alarm(string kind)
    {
        string file = _folder.File("right.gguf");
        string path = kind switch
        {
            "GPT-2" => new RandomGpt2().Write(file),
            "T5" => new RandomT5().Write(file),
            _ => (Llama with { Type = Enum.Parse<GgmlType>(kind) }).Write(file),
        };
        await using ShadowHost host = await ShadowHost.StartAsync(path);
        await host.AskAsync(6, tokens: 30);
        Assert.All(host.Records, record =>
        {
            Assert.Equal((ParityVerdict.Pass, 30, 4, "reference", ToleranceSource.Formula), (record.Verdict, record.Positions, record.FullRows, record.Oracle, record.ToleranceSource));
            Assert.True(record.Nmse < record.Tolerance.Limit && record.Kl < 0.1 && record.TopOne > 0.8, record.ToString());
            Assert.Empty(record.PromptIds);
            Assert.Null(record.AnswerText);
        });
        Assert.Equal(ModelState.Ready, host.Status.State);
    }

    [Fact]
    public async Task The_experts_used_by_answers_accumulate_over_the_samples()
    {
        string path = new RandomDescendant { Architecture = "llama", Experts = 8, Used = 2, Inner = 48, N = 2 }.Write(_folder.File("right.gguf"));
        await using ShadowHost host = await ShadowHost.StartAsync(path, ("Shadow:LayersEvery", "0"));
        await host.AskAsync(1, tokens: 2);
        CoverageReport first = host.Coverage!;
        Assert.Equal((8, 2), (first.Experts, first.ExpertLayers));
        Assert.InRange(first.ExpertsExercised!.Value, 4, 15);
        await host.AskAsync(6, tokens: 30);
        Assert.All(host.Records, record => Assert.Equal((ParityVerdict.Pass, "reference"), (record.Verdict, record.Oracle)));
        Assert.InRange(host.Coverage!.ExpertsExercised!.Value, first.ExpertsExercised.Value + 1, 16);
    }
}
