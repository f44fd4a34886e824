namespace Engine.Host.Commands.Inspection;

/// <summary>A GPT-2's module tree under the names of transformers' modeling_gpt2.py. Dropouts are left out: a file has none.</summary>
internal static class Gpt2Modules
{
    public static Module? Of(ModuleTensors file) => ModuleTensors.Node("GPT2LMHeadModel",
        ("transformer", ModuleTensors.Node("GPT2Model",
            ("wte", file.Embedding("token_embd")),
            ("wpe", file.Embedding("position_embd")),
            ("h", file.Layers("blk.", prefix => Block(file, prefix))),
            ("ln_f", file.LayerNorm("output_norm")))),
        ("lm_head", file.Linear("output") ?? file.TiedHead()));

    private static Module? Block(ModuleTensors file, string prefix) => ModuleTensors.Node("GPT2Block",
        ("ln_1", file.LayerNorm(prefix + "attn_norm")),
        ("attn", ModuleTensors.Node("GPT2Attention",
            ("c_attn", file.Conv1D(prefix + "attn_qkv")),
            ("c_proj", file.Conv1D(prefix + "attn_output")))),
        ("ln_2", file.LayerNorm(prefix + "ffn_norm")),
        ("mlp", ModuleTensors.Node("GPT2MLP",
            ("c_fc", file.Conv1D(prefix + "ffn_up")),
            ("c_proj", file.Conv1D(prefix + "ffn_down")),
            ("act", new Module("NewGELUActivation()")))));
}
