namespace Engine.Host.Commands.Inspection;

/// <summary>The heads beside a model, under the names of transformers' modeling_bert.py.</summary>
internal static class HeadModules
{
    public static Module? Of(ModuleTensors file) => ModuleTensors.Node("Heads",
        ("predictions", ModuleTensors.Node("BertLMPredictionHead",
            ("transform", file.Linear("mask.dense") is { } dense
                ? ModuleTensors.Node("BertPredictionHeadTransform",
                    ("dense", dense), ("transform_act_fn", new Module("GELUActivation()")), ("LayerNorm", file.LayerNorm("mask.norm", "layer_norm_epsilon")))
                : null),
            ("decoder", file.Linear("mask.decoder") ?? TiedDecoder(file)))),
        ("pooler", file.Linear("pooler") is { } pooler ? ModuleTensors.Node("BertPooler", ("dense", pooler), ("activation", new Module("Tanh()"))) : null),
        ("seq_relationship", file.Linear("next_sentence")),
        ("classifier", file.Linear("classifier")));

    // Its weight is the model's own token embedding.
    private static Module? TiedDecoder(ModuleTensors file) => file.Take("mask.decoder.bias") is { } bias
        ? new Module($"Linear(in_features={file.Metadata["heads.embedding_length"]?.Value ?? "?"}, out_features={bias.Elements}, bias=True)")
        : null;
}
