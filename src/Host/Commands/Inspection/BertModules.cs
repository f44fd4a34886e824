using Engine.Gguf;

namespace Engine.Host.Commands.Inspection;

/// <summary>A BERT's module tree under the names of transformers' modeling_bert.py. Dropouts are left out: a file has none.</summary>
internal static class BertModules
{
    public static Module? Of(ModuleTensors file)
    {
        // cls is the pooler and cls.output the classifier on top of it: together, llama.cpp's ranking head.
        Module? classifier = file.Linear("cls.output");
        Module? bert = ModuleTensors.Node("BertModel",
            ("embeddings", Embeddings(file)),
            ("encoder", ModuleTensors.Node("BertEncoder", ("layer", file.Layers("blk.", prefix => Layer(file, prefix))))),
            ("pooler", file.Linear("cls") is { } dense ? ModuleTensors.Node("BertPooler", ("dense", dense), ("activation", new Module("Tanh()"))) : null));
        return classifier is null ? bert : ModuleTensors.Node("BertForSequenceClassification", ("bert", bert), ("classifier", classifier));
    }

    private static Module? Embeddings(ModuleTensors file)
    {
        string padding = file.Metadata[GgufKeys.PaddingToken]?.Value is uint id ? $", padding_idx={id}" : "";
        return ModuleTensors.Node("BertEmbeddings",
            ("word_embeddings", file.Embedding("token_embd", padding)),
            ("position_embeddings", file.Embedding("position_embd")),
            ("token_type_embeddings", file.Embedding("token_types")),
            ("LayerNorm", file.LayerNorm("token_embd_norm")));
    }

    private static Module? Layer(ModuleTensors file, string prefix) => ModuleTensors.Node("BertLayer",
        ("attention", ModuleTensors.Node("BertAttention",
            ("self", ModuleTensors.Node("BertSelfAttention",
                ("query", file.Linear(prefix + "attn_q")),
                ("key", file.Linear(prefix + "attn_k")),
                ("value", file.Linear(prefix + "attn_v")),
                ("query_key_value", file.Linear(prefix + "attn_qkv")))),
            ("output", ModuleTensors.Node("BertSelfOutput",
                ("dense", file.Linear(prefix + "attn_output")),
                ("LayerNorm", file.LayerNorm(prefix + "attn_output_norm")))))),
        ("intermediate", ModuleTensors.Node("BertIntermediate",
            ("dense", file.Linear(prefix + "ffn_up")),
            ("intermediate_act_fn", new Module("GELUActivation()")))),
        ("output", ModuleTensors.Node("BertOutput",
            ("dense", file.Linear(prefix + "ffn_down")),
            ("LayerNorm", file.LayerNorm(prefix + "layer_output_norm")))));
}
