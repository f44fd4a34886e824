namespace Engine.Host.Commands.Inspection;

/// <summary>The original Transformer's module tree under the names of PyTorch's nn.Transformer layers. The projections of an
/// attention are shown, which PyTorch holds in one parameter that it does not print.</summary>
internal static class TransformerModules
{
    public static Module? Of(ModuleTensors file) => ModuleTensors.Node("Transformer",
        ("embedding", file.Embedding("token_embd")),
        ("encoder", ModuleTensors.Node("TransformerEncoder", ("layers", file.Layers("enc.blk.", prefix => Layer(file, prefix, "TransformerEncoderLayer"))))),
        ("decoder", ModuleTensors.Node("TransformerDecoder", ("layers", file.Layers("dec.blk.", prefix => Layer(file, prefix, "TransformerDecoderLayer"))))),
        ("output", file.Linear("output") ?? file.TiedHead("output.bias")));

    private static Module? Layer(ModuleTensors file, string prefix, string name)
    {
        Module? crossNorm = file.LayerNorm(prefix + "cross_attn_output_norm");
        Module? lastNorm = file.LayerNorm(prefix + "layer_output_norm");
        return ModuleTensors.Node(name,
            ("self_attn", Attention(file, prefix + "attn")),
            ("multihead_attn", Attention(file, prefix + "cross_attn")),
            ("linear1", file.Linear(prefix + "ffn_up")),
            ("linear2", file.Linear(prefix + "ffn_down")),
            ("norm1", file.LayerNorm(prefix + "attn_output_norm")),
            ("norm2", crossNorm ?? lastNorm),
            ("norm3", crossNorm is null ? null : lastNorm),
            ("activation", new Module("ReLU()")));
    }

    private static Module? Attention(ModuleTensors file, string name) => ModuleTensors.Node("MultiheadAttention",
        ("q_proj", file.Linear($"{name}_q")),
        ("k_proj", file.Linear($"{name}_k")),
        ("v_proj", file.Linear($"{name}_v")),
        ("out_proj", file.Linear($"{name}_o")));
}
