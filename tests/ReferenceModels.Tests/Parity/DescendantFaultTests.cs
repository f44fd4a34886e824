using Engine.Gguf;
using Engine.Parity;
using ReferenceModels.Tests.Models;

namespace ReferenceModels.Tests.Parity;

/// <summary>Faults in one side's descendant of LLaMA: each must be found at the op where it is.</summary>
[Trait("Judge", "llama.cpp")]
public sealed class DescendantFaultTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private sealed record Fault(string Shape, Action<FaultyFile> Make, string Name, string Op, int Occurrence = 0);

    private static readonly Dictionary<string, Fault> Faults = new()
    {
        ["qwen2: a query weight times 1.05"] = new("qwen2", f => f.Scale("blk.1.attn_q.weight", 1.05f), "Qcur-1", "MUL_MAT"),
        ["qwen2: one entry of the keys' bias times 1.05"] = new("qwen2", f => f.Scale("blk.0.attn_k.bias", 1.05f, index: 5), "Kcur-0", "ADD"),
        ["qwen2: the values' bias dropped"] = new("qwen2", f => f.Drop("blk.1.attn_v.bias"), "Vcur-1", "ADD"),
        ["qwen2: attn_output times 1.05"] = new("qwen2", f => f.Scale("blk.1.attn_output.weight", 1.05f), "attn_output-1", "MUL_MAT"),
        ["qwen2: another rotary base"] = new("qwen2", f => f.Set("qwen2.rope.freq_base", GgufValue.FromScalar(10_100f)), "Qcur-0", "ROPE"),
        ["qwen2: the bias of the logits of zeros"] = new("qwen2, tied, with a bias of the logits", f => f.Scale("output.bias", 0), "result_output", "ADD"),
        ["qwen3: the norm of queries times 1.05"] = new("qwen3", f => f.Scale("blk.1.attn_q_norm.weight", 1.05f), "Qcur_normed-1", "MUL"),
        ["qwen3: one gain of the keys' norm times 1.05"] = new("qwen3", f => f.Scale("blk.0.attn_k_norm.weight", 1.05f, index: 3), "Kcur_normed-0", "MUL"),
        ["qwen3: another epsilon"] = new("qwen3", f => f.Set("qwen3.attention.layer_norm_rms_epsilon", GgufValue.FromScalar(1e-6f)), "norm-0", "RMS_NORM"),
        ["qwen3: ffn_down times 1.05"] = new("qwen3", f => f.Scale("blk.1.ffn_down.weight", 1.05f), "ffn_out-1", "MUL_MAT"),
        ["mixtral: the router times 1.05"] = new("mixtral", f => f.Scale("blk.1.ffn_gate_inp.weight", 1.05f), "ffn_moe_logits-1", "MUL_MAT"),
        ["mixtral: the experts' way up times 1.05"] = new("mixtral", f => f.Scale("blk.0.ffn_up_exps.weight", 1.05f), "ffn_moe_up-0", "MUL_MAT_ID"),
        ["mixtral: one weight of an expert times 1.05"] = new("mixtral", f => f.Scale("blk.1.ffn_down_exps.weight", 1.05f, index: 9000), "ffn_moe_down-1", "MUL_MAT_ID"),
        ["mixtral: gates and ways up exchanged"] = new("mixtral", f => f.Swap("blk.1.ffn_gate_exps.weight", "blk.1.ffn_up_exps.weight"), "ffn_moe_gate-1", "MUL_MAT_ID"),
        ["qwen3moe: one expert fewer"] = new("qwen3moe", f => f.Set("qwen3moe.expert_used_count", GgufValue.FromScalar(3u)), "ffn_moe_weights-0", "GET_ROWS"),
        ["qwen3moe: the norm of queries times 1.05"] = new("qwen3moe", f => f.Scale("blk.1.attn_q_norm.weight", 1.05f), "Qcur_normed-1", "MUL"),
        ["phi3: the fused weight of gate and up times 1.05"] = new("phi3", f => f.Scale("blk.1.ffn_up.weight", 1.05f), "ffn_up-1", "MUL_MAT"),
        ["phi3: the fused weight of queries, keys and values times 1.05"] = new("phi3", f => f.Scale("blk.0.attn_qkv.weight", 1.05f), "wqkv-0", "MUL_MAT"),
        ["phi3: one long factor times 1.05"] = new("phi3, longrope beyond the original context", f => f.Scale("rope_factors_long.weight", 1.05f, index: 0), "Qcur-0", "ROPE"),
        ["gemma2: the norm after attention times 1.05"] = new("gemma2", f => f.Scale("blk.1.post_attention_norm.weight", 1.05f), "attn_post_norm-1", "MUL"),
        ["gemma2: the norm after the feed-forward times 1.05"] = new("gemma2", f => f.Scale("blk.1.post_ffw_norm.weight", 1.05f), "ffn_post_norm", "MUL", Occurrence: 1),
        ["gemma2: another cap of the scores"] = new("gemma2", f => f.Set("gemma2.attn_logit_softcapping", GgufValue.FromScalar(52.5f)), "kq_scaled_1-0", "SCALE"),
        ["gemma2: another cap of the logits"] = new("gemma2", f => f.Set("gemma2.final_logit_softcapping", GgufValue.FromScalar(31.5f)), "scale(token_embd)", "SCALE"),
        ["gemma2: a window shorter by one"] = new("gemma2", f => f.Set("gemma2.attention.sliding_window", GgufValue.FromScalar(19u)), "kq_soft_max-0", "SOFT_MAX"),
        ["gemma3: another base in local layers"] = new("gemma3", f => f.Set("gemma3.rope.freq_base_swa", GgufValue.FromScalar(10_500f)), "Qcur-0", "ROPE"),
        ["gemma3: another base in global layers"] = new("gemma3 of seven layers, wide heads, linear scaling", f => f.Set("gemma3.rope.freq_base", GgufValue.FromScalar(10_500f)), "Qcur-5", "ROPE"),
        ["gemma3: the norm of keys times 1.05"] = new("gemma3", f => f.Scale("blk.1.attn_k_norm.weight", 1.05f), "Kcur_normed-1", "MUL"),
        ["gemma3: ffn_gate times 1.05"] = new("gemma3", f => f.Scale("blk.0.ffn_gate.weight", 1.05f), "ffn_gate-0", "MUL_MAT"),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_fault_is_named_at_its_op(string name)
    {
        Fault fault = Faults[name];
        RandomDescendant model = DescendantCases.All[fault.Shape];
        string path = model.Write(_folder.File("right.gguf"));
        var faulty = new FaultyFile(path, _folder.File("faulty.gguf"));
        fault.Make(faulty);
        LayerFindings findings = await LayerFixture.LookAsync(path, faulty.Write(), model.Tokens(24));
        ParityDivergence found = findings.FirstDivergence!;
        Assert.Equal((fault.Name, fault.Op, fault.Occurrence), (found.Name, found.Op, found.Occurrence));
    }
}
