namespace Engine.Host.Commands.Inspection;

/// <summary>A LLaMA's module tree under the names that Hugging Face's transformers gives its parts
/// (modeling_llama.py), each part with the sizes of the tensor that fills it.</summary>
internal static class LlamaModules
{
    public static Module? Of(ModuleTensors file)
    {
        file.Take("rope_freqs.weight");
        return ModuleTensors.Node("LlamaForCausalLM",
            ("model", ModuleTensors.Node("LlamaModel",
                ("embed_tokens", file.Embedding("token_embd")),
                ("layers", file.Layers("blk.", prefix => DecoderLayer(file, prefix))),
                ("norm", file.RmsNorm("LlamaRMSNorm", "output_norm")),
                ("rotary_emb", new Module("LlamaRotaryEmbedding()")))),
            ("lm_head", file.Linear("output") ?? file.TiedHead()));
    }

    private static Module? DecoderLayer(ModuleTensors file, string prefix) => ModuleTensors.Node("LlamaDecoderLayer",
        ("self_attn", ModuleTensors.Node("LlamaAttention",
            ("q_proj", file.Linear(prefix + "attn_q")),
            ("k_proj", file.Linear(prefix + "attn_k")),
            ("v_proj", file.Linear(prefix + "attn_v")),
            ("qkv_proj", file.Linear(prefix + "attn_qkv")),
            ("o_proj", file.Linear(prefix + "attn_output")))),
        ("mlp", ModuleTensors.Node("LlamaMLP",
            ("gate_proj", file.Linear(prefix + "ffn_gate")),
            ("up_proj", file.Linear(prefix + "ffn_up")),
            ("down_proj", file.Linear(prefix + "ffn_down")),
            ("act_fn", new Module("SiLUActivation()")))),
        ("input_layernorm", file.RmsNorm("LlamaRMSNorm", prefix + "attn_norm")),
        ("post_attention_layernorm", file.RmsNorm("LlamaRMSNorm", prefix + "ffn_norm")));
}
