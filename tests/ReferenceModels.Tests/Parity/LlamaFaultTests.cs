using Engine.Gguf;
using Engine.Parity;

namespace ReferenceModels.Tests.Parity;

/// <summary>Faults in one side's LLaMA: each must be found at the op where it is.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class LlamaFaultTests : IDisposable
{
    private static readonly RandomLlama Llama = new() { N = 3 };

    private readonly TemporaryFolder _folder = new();

    // The fault, and the first op that shows it.
    private static readonly Dictionary<string, (Action<FaultyFile> Fault, string Name, string Op)> Faults = new()
    {
        ["a query weight times 1.01"] = (f => f.Scale("blk.1.attn_q.weight", 1.01f), "Qcur-1", "MUL_MAT"),
        ["a key weight times 1.01"] = (f => f.Scale("blk.2.attn_k.weight", 1.01f), "Kcur-2", "MUL_MAT"),
        ["a value weight times 1.01"] = (f => f.Scale("blk.0.attn_v.weight", 1.01f), "Vcur-0", "MUL_MAT"),
        ["an output weight of attention times 1.01"] = (f => f.Scale("blk.1.attn_output.weight", 1.01f), "attn_out-1", "MUL_MAT"),
        ["ffn_down times 1.01"] = (f => f.Scale("blk.2.ffn_down.weight", 1.01f), "ffn_out-2", "MUL_MAT"),
        ["ffn_gate times 1.01"] = (f => f.Scale("blk.0.ffn_gate.weight", 1.01f), "ffn_gate-0", "MUL_MAT"),
        ["ffn_up times 1.01"] = (f => f.Scale("blk.0.ffn_up.weight", 1.01f), "ffn_up-0", "MUL_MAT"),
        ["a norm times 1.01"] = (f => f.Scale("blk.2.attn_norm.weight", 1.01f), "attn_norm-2", "MUL"),
        ["the other norm times 1.01"] = (f => f.Scale("blk.1.ffn_norm.weight", 1.01f), "ffn_norm-1", "MUL"),
        ["the last norm times 1.01"] = (f => f.Scale("output_norm.weight", 1.01f), "result_norm", "MUL"),
        ["the embedding times 1.01"] = (f => f.Scale("token_embd.weight", 1.01f), "embd", "GET_ROWS"),
        ["the head times 1.01"] = (f => f.Scale("output.weight", 1.01f), "result_output", "MUL_MAT"),
        ["one weight times 1.01"] = (f => f.Scale("blk.1.ffn_up.weight", 1.01f, index: 1234), "ffn_up-1", "MUL_MAT"),
        ["one weight of the head times 1.01"] = (f => f.Scale("output.weight", 1.01f, index: 4321), "result_output", "MUL_MAT"),
        ["another rotary base"] = (f => f.Set("llama.rope.freq_base", GgufValue.FromScalar(10_100f)), "Qcur-0", "ROPE"),
        ["rotary scaling"] = (f => f.Set("llama.rope.scaling.factor", GgufValue.FromScalar(2f)), "Qcur-0", "ROPE"),
        ["another epsilon"] = (f => f.Set("llama.attention.layer_norm_rms_epsilon", GgufValue.FromScalar(1e-6f)), "norm-0", "RMS_NORM"),
        ["keys and values exchanged"] = (f => f.Swap("blk.1.attn_k.weight", "blk.1.attn_v.weight"), "Vcur-1", "MUL_MAT"),
        ["two heads of the keys exchanged"] = (f => f.SwapParts("blk.1.attn_k.weight", parts: 2), "Kcur-1", "MUL_MAT"),
        ["gate and up exchanged"] = (f => f.Swap("blk.2.ffn_gate.weight", "blk.2.ffn_up.weight"), "ffn_gate-2", "MUL_MAT"),
    };

    // For each bias missing on one side, the op that adds it.
    private static readonly Dictionary<string, string> Biases = new()
    {
        ["blk.1.attn_q.bias"] = "Qcur-1",
        ["blk.1.attn_k.bias"] = "Kcur-1",
        ["blk.0.attn_v.bias"] = "Vcur-0",
        ["blk.2.attn_output.bias"] = "attn_out-2",
        ["blk.1.ffn_gate.bias"] = "ffn_gate_b-1",
        ["blk.1.ffn_up.bias"] = "ffn_up_b-1",
        ["blk.2.ffn_down.bias"] = "ffn_out-2",
    };

    public static TheoryData<string> FaultNames => [.. Faults.Keys];

    public static TheoryData<string> BiasNames => [.. Biases.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(FaultNames))]
    public async Task A_fault_is_named_at_its_op(string fault)
    {
        string path = Llama.Write(_folder.File("right.gguf"));
        var faulty = new FaultyFile(path, _folder.File("faulty.gguf"));
        Faults[fault].Fault(faulty);
        LayerFindings findings = await LayerFixture.LookAsync(path, faulty.Write(), Llama.Tokens(24));
        Assert.Equal((Faults[fault].Name, Faults[fault].Op, 0), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op, findings.FirstDivergence.Occurrence));
        Assert.Contains($"({Faults[fault].Op})", findings.Scope.Explanation, StringComparison.Ordinal);
        // Ops after the fault are right again once they get the right inputs.
        Assert.All(findings.Layers.Where(layer => layer.Status == "diverges"), layer => Assert.Contains(layer.Op, (string[])[Faults[fault].Op]));
    }

    [Theory]
    [MemberData(nameof(BiasNames))]
    public async Task A_bias_missing_on_one_side_is_named(string tensor)
    {
        string path = (Llama with { Biases = true }).Write(_folder.File("right.gguf"));
        string faulty = new FaultyFile(path, _folder.File("faulty.gguf")).Drop(tensor).Write();
        await Check(nativeLacksIt: false);
        await Check(nativeLacksIt: true);

        async Task Check(bool nativeLacksIt)
        {
            LayerFindings findings = await LayerFixture.LookAsync(nativeLacksIt ? faulty : path, nativeLacksIt ? path : faulty, Llama.Tokens(24));
            Assert.Equal((Biases[tensor], "ADD"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
            Assert.Contains(nativeLacksIt ? "only the reference has it" : "only the native side has it", findings.Scope.Explanation, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Rotary_factors_missing_on_one_side_are_named()
    {
        string path = (Llama with { RopeFactors = true }).Write(_folder.File("right.gguf"));
        string faulty = new FaultyFile(path, _folder.File("faulty.gguf")).Drop("rope_freqs.weight").Write();
        LayerFindings findings = await LayerFixture.LookAsync(path, faulty, Llama.Tokens(24));
        Assert.Equal(("Qcur-0", "ROPE"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task NaN_is_named_where_it_begins_on_either_side(bool both)
    {
        string path = Llama.Write(_folder.File("right.gguf"));
        string faulty = new FaultyFile(path, _folder.File("faulty.gguf")).Scale("blk.1.ffn_up.weight", float.NaN, index: 70).Write();
        LayerFindings findings = await LayerFixture.LookAsync(faulty, both ? faulty : path, Llama.Tokens(24));
        Assert.Equal(("ffn_up-1", "MUL_MAT"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
        Assert.Equal("layer 1, ffn_up (MUL_MAT): NaN or infinity", findings.Scope.Explanation);
    }

    [Fact]
    public async Task Heads_split_differently_are_a_difference_of_shape()
    {
        string path = (Llama with { G = 4 }).Write(_folder.File("right.gguf"));
        string faulty = new FaultyFile(path, _folder.File("faulty.gguf")).Set("llama.attention.head_count", GgufValue.FromScalar(8u)).Set("llama.attention.head_count_kv", GgufValue.FromScalar(8u)).Write();
        LayerFindings findings = await LayerFixture.LookAsync(path, faulty, Llama.Tokens(24));
        Assert.Equal(("Qcur-0", "RESHAPE"), (findings.FirstDivergence!.Name, findings.FirstDivergence.Op));
        Assert.Equal("shape", findings.Layers.First(layer => layer.Name == "Qcur-0" && layer.Op == "RESHAPE").Status);
    }
}
