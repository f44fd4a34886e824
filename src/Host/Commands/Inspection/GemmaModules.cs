namespace Engine.Host.Commands.Inspection;

/// <summary>The module tree of a Gemma 2 or 3 under the names of transformers' modeling_gemma2.py and modeling_gemma3.py.</summary>
/// <param name="family">What transformers calls it, such as <c>Gemma2</c>.</param>
/// <param name="model">What it calls the part without the head.</param>
/// <param name="embedding">What it calls the token embedding, which enters times √d.</param>
internal sealed class GemmaModules(string family, string model, string embedding)
{
    public static GemmaModules Second { get; } = new("Gemma2", "Gemma2Model", "Embedding");

    public static GemmaModules Third { get; } = new("Gemma3", "Gemma3TextModel", "Gemma3TextScaledWordEmbedding");

    public Module? Of(ModuleTensors file) => ModuleTensors.Node($"{family}ForCausalLM",
        ("model", ModuleTensors.Node(model,
            ("embed_tokens", file.Embedding("token_embd") is { } table ? new Module(table.Text.Replace("Embedding", embedding, StringComparison.Ordinal)) : null),
            ("layers", file.Layers("blk.", prefix => DecoderLayer(file, prefix))),
            ("norm", Norm(file, "output_norm")),
            ("rotary_emb", new Module($"{family}RotaryEmbedding()")))),
        ("lm_head", file.Linear("output") ?? file.TiedHead()));

    private Module? DecoderLayer(ModuleTensors file, string prefix) => ModuleTensors.Node($"{family}DecoderLayer",
        ("self_attn", ModuleTensors.Node($"{family}Attention",
            ("q_proj", file.Linear(prefix + "attn_q")),
            ("k_proj", file.Linear(prefix + "attn_k")),
            ("v_proj", file.Linear(prefix + "attn_v")),
            ("qkv_proj", file.Linear(prefix + "attn_qkv")),
            ("o_proj", file.Linear(prefix + "attn_output")),
            ("q_norm", Norm(file, prefix + "attn_q_norm")),
            ("k_norm", Norm(file, prefix + "attn_k_norm")))),
        ("mlp", ModuleTensors.Node($"{family}MLP",
            ("gate_proj", file.Linear(prefix + "ffn_gate")),
            ("up_proj", file.Linear(prefix + "ffn_up")),
            ("down_proj", file.Linear(prefix + "ffn_down")),
            ("act_fn", new Module("GELUTanh()")))),
        ("input_layernorm", Norm(file, prefix + "attn_norm")),
        ("post_attention_layernorm", Norm(file, prefix + "post_attention_norm")),
        ("pre_feedforward_layernorm", Norm(file, prefix + "ffn_norm")),
        ("post_feedforward_layernorm", Norm(file, prefix + "post_ffw_norm")));

    private Module? Norm(ModuleTensors file, string name) => file.RmsNorm($"{family}RMSNorm", name);
}
