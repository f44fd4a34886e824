namespace Engine.Host.Commands.Inspection;

/// <summary>A Phi-3's module tree under the names of transformers' modeling_phi3.py. Dropouts are left out: a file has none.</summary>
internal static class Phi3Modules
{
    public static Module? Of(ModuleTensors file)
    {
        file.Take("rope_factors_short.weight");
        file.Take("rope_factors_long.weight");
        return ModuleTensors.Node("Phi3ForCausalLM",
            ("model", ModuleTensors.Node("Phi3Model",
                ("embed_tokens", file.Embedding("token_embd")),
                ("layers", file.Layers("blk.", prefix => DecoderLayer(file, prefix))),
                ("norm", file.RmsNorm("Phi3RMSNorm", "output_norm")),
                ("rotary_emb", new Module("Phi3RotaryEmbedding()")))),
            ("lm_head", file.Linear("output") ?? file.TiedHead()));
    }

    private static Module? DecoderLayer(ModuleTensors file, string prefix) => ModuleTensors.Node("Phi3DecoderLayer",
        ("self_attn", ModuleTensors.Node("Phi3Attention",
            ("o_proj", file.Linear(prefix + "attn_output")),
            ("qkv_proj", file.Linear(prefix + "attn_qkv")))),
        ("mlp", ModuleTensors.Node("Phi3MLP",
            ("gate_up_proj", file.Linear(prefix + "ffn_up")),
            ("down_proj", file.Linear(prefix + "ffn_down")),
            ("activation_fn", new Module("SiLUActivation()")))),
        ("input_layernorm", file.RmsNorm("Phi3RMSNorm", prefix + "attn_norm")),
        ("post_attention_layernorm", file.RmsNorm("Phi3RMSNorm", prefix + "ffn_norm")));
}
