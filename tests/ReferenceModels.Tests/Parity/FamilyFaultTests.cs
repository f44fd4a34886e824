using Engine;
using Engine.Gguf;
using Engine.Parity;

namespace ReferenceModels.Tests.Parity;

/// <summary>Faults in one side's GPT-2, BERT and T5: each must be found at the op where it is.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class FamilyFaultTests : IDisposable
{
    private static readonly RandomGpt2 Gpt2 = new() { N = 3, Context = 64 };
    private static readonly RandomBert Bert = new() { N = 3, Context = 64, Pooler = true, Scores = 2, Labels = 2 };
    private static readonly RandomT5 T5 = new() { N = 3, M = 2, Gated = true };

    private readonly TemporaryFolder _folder = new();

    private sealed record Fault(Action<FaultyFile> Make, string Name, string Op, int Occurrence = 0, string? Part = null);

    private static readonly Dictionary<string, Fault> InGpt2 = new()
    {
        ["the fused weight times 1.01"] = new(f => f.Scale("blk.1.attn_qkv.weight", 1.01f), "wqkv-1", "MUL_MAT"),
        ["one entry of its bias times 1.1"] = new(f => f.Scale("blk.2.attn_qkv.bias", 1.1f, index: 100), "wqkv_b-2", "ADD"),
        ["the fused bias of zeros"] = new(f => f.Scale("blk.0.attn_qkv.bias", 0), "wqkv_b-0", "ADD"),
        ["attn_output times 1.01"] = new(f => f.Scale("blk.0.attn_output.weight", 1.01f), "attn_output-0", "MUL_MAT"),
        ["the bias of attn_output of zeros"] = new(f => f.Scale("blk.2.attn_output.bias", 0), "attn_output-2", "ADD"),
        ["the bias of ffn_up of zeros"] = new(f => f.Scale("blk.1.ffn_up.bias", 0), "ffn_up_b-1", "ADD"),
        ["the bias of ffn_down of zeros"] = new(f => f.Scale("blk.1.ffn_down.bias", 0), "ffn_out-1", "ADD"),
        ["ffn_down times 1.01"] = new(f => f.Scale("blk.2.ffn_down.weight", 1.01f), "ffn_down-2", "MUL_MAT"),
        ["one weight of ffn_up times 1.01"] = new(f => f.Scale("blk.1.ffn_up.weight", 1.01f, index: 777), "ffn_up-1", "MUL_MAT"),
        ["a norm times 1.01"] = new(f => f.Scale("blk.1.ffn_norm.weight", 1.01f), "norm_w-1", "MUL", Occurrence: 1),
        ["a norm's bias times 1.01"] = new(f => f.Scale("blk.1.attn_norm.bias", 1.01f), "attn_norm-1", "ADD"),
        ["another epsilon"] = new(f => f.Set("gpt2.attention.layer_norm_epsilon", GgufValue.FromScalar(1e-6f)), "norm-0", "NORM"),
        ["positions times 1.01"] = new(f => f.Scale("position_embd.weight", 1.01f), "pos_embd", "GET_ROWS"),
        ["the embedding times 1.01"] = new(f => f.Scale("token_embd.weight", 1.01f), "embd", "GET_ROWS"),
        ["the head times 1.01"] = new(f => f.Scale("output.weight", 1.01f), "result_output", "MUL_MAT"),
    };

    private static readonly Dictionary<string, Fault> InBert = new()
    {
        ["a query weight times 1.01"] = new(f => f.Scale("blk.1.attn_q.weight", 1.01f), "Qcur-1", "MUL_MAT"),
        ["a key bias dropped"] = new(f => f.Drop("blk.1.attn_k.bias"), "Kcur-1", "ADD"),
        ["keys and values exchanged"] = new(f => f.Swap("blk.2.attn_k.weight", "blk.2.attn_v.weight"), "Kcur-2", "MUL_MAT"),
        ["attn_output times 1.01"] = new(f => f.Scale("blk.0.attn_output.weight", 1.01f), "attn_output-0", "MUL_MAT"),
        ["the bias of attn_output dropped"] = new(f => f.Drop("blk.1.attn_output.bias"), "kqv_out-1", "ADD"),
        ["the bias of attn_output dropped in the last layer"] = new(f => f.Drop("blk.2.attn_output.bias"), "kqv_out-2", "ADD"),
        ["one weight of ffn_up times 1.01"] = new(f => f.Scale("blk.1.ffn_up.weight", 1.01f, index: 77), "ffn_up-1", "MUL_MAT"),
        ["the bias of ffn_down dropped"] = new(f => f.Drop("blk.2.ffn_down.bias"), "ffn_out-2", "ADD"),
        ["a norm times 1.01"] = new(f => f.Scale("blk.1.layer_output_norm.weight", 1.01f), "norm_w-1", "MUL", Occurrence: 1),
        ["another epsilon"] = new(f => f.Set("bert.attention.layer_norm_epsilon", GgufValue.FromScalar(1e-5f)), "norm-0", "NORM"),
        ["positions times 1.01"] = new(f => f.Scale("position_embd.weight", 1.01f), "position_embd", "GET_ROWS"),
        ["segments times 1.01"] = new(f => f.Scale("token_types.weight", 1.01f), "token_types", "ADD"),
        ["the embedding's norm times 1.01"] = new(f => f.Scale("token_embd_norm.weight", 1.01f), "norm_w-0", "MUL"),
        ["the pooler times 1.01"] = new(f => f.Scale("cls.weight", 1.01f), "cls", "MUL_MAT"),
        ["the classifier times 1.01"] = new(f => f.Scale("cls.output.weight", 1.01f), "cls.output", "MUL_MAT"),
    };

    private static readonly Dictionary<string, Fault> InT5 = new()
    {
        ["a query weight of the encoder times 1.01"] = new(f => f.Scale("enc.blk.1.attn_q.weight", 1.01f), "Qcur-1", "MUL_MAT", Part: "encoder"),
        ["one relative position of the encoder"] = new(f => f.Scale("enc.blk.0.attn_rel_b.weight", 1.05f, index: 5), "pos_bias", "CONT", Part: "encoder"),
        ["the output of attention in the encoder times 1.01"] = new(f => f.Scale("enc.blk.2.attn_o.weight", 1.01f), "kqv_out-2", "MUL_MAT", Part: "encoder"),
        ["gate and up of the encoder exchanged"] = new(f => f.Swap("enc.blk.0.ffn_gate.weight", "enc.blk.0.ffn_up.weight"), "ffn_gate-0", "MUL_MAT", Part: "encoder"),
        ["the encoder's last norm times 1.01"] = new(f => f.Scale("enc.output_norm.weight", 1.01f), "result_norm", "MUL", Part: "encoder"),
        ["a value weight of the decoder times 1.01"] = new(f => f.Scale("dec.blk.1.attn_v.weight", 1.01f), "Vcur-1", "MUL_MAT", Part: "decoder"),
        ["a key weight of the cross-attention times 1.01"] = new(f => f.Scale("dec.blk.1.cross_attn_k.weight", 1.01f), "Kcur-1", "MUL_MAT", Occurrence: 1, Part: "decoder"),
        ["the output of the cross-attention times 1.01"] = new(f => f.Scale("dec.blk.0.cross_attn_o.weight", 1.01f), "kqv_out-0", "MUL_MAT", Occurrence: 1, Part: "decoder"),
        ["one weight of ffn_down times 1.01"] = new(f => f.Scale("dec.blk.1.ffn_down.weight", 1.01f, index: 123), "ffn_out-1", "MUL_MAT", Part: "decoder"),
        ["fewer buckets"] = new(f => f.Scale("dec.blk.0.attn_rel_b.weight", 0, index: 4), "pos_bias", "CONT", Part: "decoder"),
        ["another epsilon"] = new(f => f.Set("t5.attention.layer_norm_rms_epsilon", GgufValue.FromScalar(1e-5f)), "norm-0", "RMS_NORM", Part: "encoder"),
        ["the head times 1.01"] = new(f => f.Scale("output.weight", 1.01f), "result_output", "MUL_MAT", Part: "decoder"),
    };

    public static TheoryData<string> Gpt2Faults => [.. InGpt2.Keys];

    public static TheoryData<string> BertFaults => [.. InBert.Keys];

    public static TheoryData<string> T5Faults => [.. InT5.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Gpt2Faults))]
    public Task A_fault_in_a_GPT_2_is_named_at_its_op(string fault) => CheckAsync(Gpt2.Write(_folder.File("right.gguf")), InGpt2[fault], Gpt2.Tokens(20));

    [Theory]
    [MemberData(nameof(BertFaults))]
    public Task A_fault_in_a_BERT_is_named_at_its_op(string fault) => CheckAsync(Bert.Write(_folder.File("right.gguf")), InBert[fault], Bert.Tokens(20));

    [Theory]
    [MemberData(nameof(T5Faults))]
    public Task A_fault_in_a_T5_is_named_at_its_op(string fault) =>
        CheckAsync(T5.Write(_folder.File("right.gguf")), InT5[fault], T5.Source(20), [0, .. T5.Target(12)]);

    // With flash attention llama.cpp stores V in another order, and transposes it where it cannot use flash attention.
    [Theory]
    [InlineData("llama")]
    [InlineData("gpt2")]
    [InlineData("bert")]
    [InlineData("t5")]
    public async Task No_op_of_a_correct_model_is_faulty_even_in_production_numerics(string family)
    {
        string right = _folder.File("right.gguf");
        LayerFindings findings = family switch
        {
            "llama" => await LookAsync(new RandomLlama().Write(right), new RandomLlama().Tokens(20)),
            "gpt2" => await LookAsync(Gpt2.Write(right), Gpt2.Tokens(20)),
            "bert" => await LookAsync(Bert.Write(right), Bert.Tokens(20)),
            _ => await LookAsync(T5.Write(right), T5.Source(20), [0, .. T5.Target(12)]),
        };
        Assert.True(findings.FirstDivergence is null, findings.Scope.Explanation);
        Assert.NotEmpty(findings.Layers);

        static Task<LayerFindings> LookAsync(string path, int[] tokens, int[]? target = null) =>
            LayerFixture.LookAsync(path, path, tokens, target: target, numerics: Numerics.Production);
    }

    private async Task CheckAsync(string path, Fault fault, int[] tokens, int[]? target = null)
    {
        var faulty = new FaultyFile(path, _folder.File("faulty.gguf"));
        fault.Make(faulty);
        LayerFindings findings = await LayerFixture.LookAsync(path, faulty.Write(), tokens, target: target);
        ParityDivergence found = findings.FirstDivergence!;
        Assert.Equal((fault.Part, fault.Name, fault.Op, fault.Occurrence), (found.Part, found.Name, found.Op, found.Occurrence));
    }
}
