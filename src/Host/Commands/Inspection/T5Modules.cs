namespace Engine.Host.Commands.Inspection;

/// <summary>A T5's module tree under the names of transformers' modeling_t5.py. Dropouts are left out: a file has none.</summary>
internal static class T5Modules
{
    public static Module? Of(ModuleTensors file)
    {
        Module? shared = file.Embedding("token_embd");
        Module? encoder = Stack(file, shared, "enc.");
        return file.Architecture == "t5encoder"
            ? ModuleTensors.Node("T5EncoderModel", ("shared", shared), ("encoder", encoder))
            : ModuleTensors.Node("T5ForConditionalGeneration",
                ("shared", shared),
                ("encoder", encoder),
                ("decoder", Stack(file, shared, "dec.")),
                ("lm_head", file.Linear("output") ?? file.TiedHead()));
    }

    private static Module? Stack(ModuleTensors file, Module? shared, string side) => ModuleTensors.Node("T5Stack",
        ("embed_tokens", shared),
        ("block", file.Layers($"{side}blk.", prefix => Block(file, prefix))),
        ("final_layer_norm", Norm(file, $"{side}output_norm")));

    private static Module? Block(ModuleTensors file, string prefix)
    {
        Module? cross = Attention(file, prefix + "cross_attn");
        Module?[] layers =
        [
            ModuleTensors.Node("T5LayerSelfAttention",
                ("SelfAttention", Attention(file, prefix + "attn")), ("layer_norm", Norm(file, prefix + "attn_norm"))),
            ModuleTensors.Node("T5LayerCrossAttention", ("EncDecAttention", cross), ("layer_norm", Norm(file, prefix + "cross_attn_norm"))),
            ModuleTensors.Node("T5LayerFF", ("DenseReluDense", FeedForward(file, prefix)), ("layer_norm", Norm(file, prefix + "ffn_norm"))),
        ];
        Module[] present = [.. layers.OfType<Module>()];
        return new Module("T5Block", [("layer", new Module("ModuleList", [.. present.Select((layer, i) => ($"{i}", layer))]))]);
    }

    private static Module? Attention(ModuleTensors file, string name) => ModuleTensors.Node("T5Attention",
        ("q", file.Linear($"{name}_q")),
        ("k", file.Linear($"{name}_k")),
        ("v", file.Linear($"{name}_v")),
        ("o", file.Linear($"{name}_o")),
        ("relative_attention_bias", file.Embedding($"{name}_rel_b")));

    private static Module? FeedForward(ModuleTensors file, string prefix) => file.Has(prefix + "ffn_gate.weight")
        ? ModuleTensors.Node("T5DenseGatedActDense",
            ("wi_0", file.Linear(prefix + "ffn_gate")),
            ("wi_1", file.Linear(prefix + "ffn_up")),
            ("wo", file.Linear(prefix + "ffn_down")),
            ("act", new Module("NewGELUActivation()")))
        : ModuleTensors.Node("T5DenseActDense",
            ("wi", file.Linear(prefix + "ffn_up")),
            ("wo", file.Linear(prefix + "ffn_down")),
            ("act", new Module("ReLU()")));

    private static Module? Norm(ModuleTensors file, string name) => file.Take($"{name}.weight") is null ? null : new Module("T5LayerNorm()");
}
