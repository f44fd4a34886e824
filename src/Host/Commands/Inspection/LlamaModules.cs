using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>The module tree of a LLaMA or a descendant, under the names of Hugging Face's transformers
/// (modeling_llama.py and the like), each part with the sizes of its tensor.</summary>
/// <param name="family">What transformers calls it, such as <c>Llama</c>.</param>
internal sealed class LlamaModules(string family)
{
    public Module? Of(ModuleTensors file)
    {
        file.Take("rope_freqs.weight");
        return ModuleTensors.Node($"{family}ForCausalLM",
            ("model", ModuleTensors.Node($"{family}Model",
                ("embed_tokens", file.Embedding("token_embd")),
                ("layers", file.Layers("blk.", prefix => DecoderLayer(file, prefix))),
                ("norm", Norm(file, "output_norm")),
                ("rotary_emb", new Module($"{family}RotaryEmbedding()")))),
            ("lm_head", file.Linear("output") ?? file.TiedHead("output.bias")));
    }

    private Module? DecoderLayer(ModuleTensors file, string prefix) => ModuleTensors.Node($"{family}DecoderLayer",
        ("self_attn", ModuleTensors.Node($"{family}Attention",
            ("q_proj", file.Linear(prefix + "attn_q")),
            ("k_proj", file.Linear(prefix + "attn_k")),
            ("v_proj", file.Linear(prefix + "attn_v")),
            ("qkv_proj", file.Linear(prefix + "attn_qkv")),
            ("o_proj", file.Linear(prefix + "attn_output")),
            ("q_norm", Norm(file, prefix + "attn_q_norm")),
            ("k_norm", Norm(file, prefix + "attn_k_norm")))),
        ("block_sparse_moe", family == "Mixtral" ? Experts(file, prefix, "SparseMoeBlock", "BlockSparseTop2MLP", ["w1", "w2", "w3"]) : null),
        ("mlp", family == "Qwen3Moe" ? Experts(file, prefix, "SparseMoeBlock", "MLP", ["gate_proj", "down_proj", "up_proj"]) : ModuleTensors.Node($"{family}MLP",
            ("gate_proj", file.Linear(prefix + "ffn_gate")),
            ("up_proj", file.Linear(prefix + "ffn_up")),
            ("down_proj", file.Linear(prefix + "ffn_down")),
            ("act_fn", new Module("SiLUActivation()")))),
        ("input_layernorm", Norm(file, prefix + "attn_norm")),
        ("post_attention_layernorm", Norm(file, prefix + "ffn_norm")));

    // Names of gate, down and up; transformers prints them in the order of its class.
    private Module? Experts(ModuleTensors file, string prefix, string block, string expert, string[] names)
    {
        long experts = file.Experts(prefix + "ffn_gate_exps");
        Module? gate = file.ExpertLinear(prefix + "ffn_gate_exps"), down = file.ExpertLinear(prefix + "ffn_down_exps"), up = file.ExpertLinear(prefix + "ffn_up_exps");
        bool isMixtral = family == "Mixtral";
        Module? one = ModuleTensors.Node(family + expert,
            (names[0], gate), (isMixtral ? names[1] : names[2], isMixtral ? down : up), (isMixtral ? names[2] : names[1], isMixtral ? up : down), ("act_fn", new Module("SiLUActivation()")));
        return one is null || experts == 0 ? null : ModuleTensors.Node(family + block,
            ("gate", file.Linear(prefix + "ffn_gate_inp")),
            ("experts", Module.List("ModuleList", Enumerable.Repeat(one, (int)Math.Min(experts, GgufLimits.Tensors)))));
    }

    private Module? Norm(ModuleTensors file, string name) => file.RmsNorm($"{family}RMSNorm", name);
}
