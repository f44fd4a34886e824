using Engine.Gguf;
using Engine.Host.Commands.Inspection;

namespace Engine.Host.Tests.Commands.Inspection;

/// <summary>The module trees of LLaMA's descendants, line by line as transformers prints such models.</summary>
public sealed class DescendantModulesTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void A_Qwen2_has_biases_of_queries_keys_and_values()
    {
        string tree = Tree(TinyModel.Qwen2());
        Assert.StartsWith("Qwen2ForCausalLM(\n  (model): Qwen2Model(\n    (embed_tokens): Embedding(262, 8)\n", tree, StringComparison.Ordinal);
        Assert.Contains("(self_attn): Qwen2Attention(\n          (q_proj): Linear(in_features=8, out_features=8, bias=True)\n", tree, StringComparison.Ordinal);
        Assert.Contains("(o_proj): Linear(in_features=8, out_features=8, bias=False)", tree, StringComparison.Ordinal);
        Assert.Contains("(rotary_emb): Qwen2RotaryEmbedding()", tree, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Qwen3_normalizes_the_heads_of_queries_and_keys()
    {
        string tree = Tree(TinyModel.Qwen3());
        Assert.Contains(
            "          (o_proj): Linear(in_features=8, out_features=8, bias=False)\n          (q_norm): Qwen3RMSNorm((4,), eps=1e-05)\n          (k_norm): Qwen3RMSNorm((4,), eps=1e-05)\n",
            tree, StringComparison.Ordinal);
        Assert.Contains("(mlp): Qwen3MLP(", tree, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Phi_3_has_one_weight_for_queries_keys_and_values_and_one_for_gate_and_up()
    {
        string tree = Tree(TinyModel.Phi3().Tensor("rope_factors_short.weight", 2).Tensor("rope_factors_long.weight", 2));
        Assert.Contains(
            "(self_attn): Phi3Attention(\n          (o_proj): Linear(in_features=8, out_features=8, bias=False)\n          (qkv_proj): Linear(in_features=8, out_features=24, bias=False)\n",
            tree, StringComparison.Ordinal);
        Assert.Contains("(gate_up_proj): Linear(in_features=8, out_features=24, bias=False)", tree, StringComparison.Ordinal);
    }

    [Fact]
    public void A_Gemma_has_four_norms_in_a_layer()
    {
        Assert.Contains(
            "        (input_layernorm): Gemma2RMSNorm((8,), eps=1e-05)\n        (post_attention_layernorm): Gemma2RMSNorm((8,), eps=1e-05)\n"
            + "        (pre_feedforward_layernorm): Gemma2RMSNorm((8,), eps=1e-05)\n        (post_feedforward_layernorm): Gemma2RMSNorm((8,), eps=1e-05)\n",
            Tree(TinyModel.Gemma2()), StringComparison.Ordinal);
        string third = Tree(TinyModel.Gemma3());
        Assert.StartsWith("Gemma3ForCausalLM(\n  (model): Gemma3TextModel(\n    (embed_tokens): Gemma3TextScaledWordEmbedding(262, 8)\n", third, StringComparison.Ordinal);
        Assert.Contains("(k_norm): Gemma3RMSNorm((4,), eps=1e-05)", third, StringComparison.Ordinal);
    }

    [Fact]
    public void Experts_replace_the_feed_forward()
    {
        Assert.Contains(
            "        (block_sparse_moe): MixtralSparseMoeBlock(\n          (gate): Linear(in_features=8, out_features=4, bias=False)\n          (experts): ModuleList(\n"
            + "            (0-3): 4 x MixtralBlockSparseTop2MLP(\n              (w1): Linear(in_features=8, out_features=12, bias=False)\n"
            + "              (w2): Linear(in_features=12, out_features=8, bias=False)\n              (w3): Linear(in_features=8, out_features=12, bias=False)\n",
            Tree(TinyModel.Mixtral()), StringComparison.Ordinal);
        string third = Tree(TinyModel.Qwen3Moe());
        Assert.Contains("(mlp): Qwen3MoeSparseMoeBlock(", third, StringComparison.Ordinal);
        Assert.Contains(
            "(0-3): 4 x Qwen3MoeMLP(\n              (gate_proj): Linear(in_features=8, out_features=6, bias=False)\n              (up_proj): Linear(in_features=8, out_features=6, bias=False)\n",
            third, StringComparison.Ordinal);
    }

    private string Tree(TinyModel model)
    {
        using GgufFile file = model.Write(_folder.File("model.gguf"));
        return Modules.Of(file).Print();
    }
}
