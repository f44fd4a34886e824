using System.Text.Json;
using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>BERT as an encoder (transformers' <c>BertModel</c>, alone or inside a masked language model), and as a classifier
/// (<c>BertForSequenceClassification</c>, rerankers among them), as llama.cpp's <c>bert</c>.</summary>
internal static class BertFamily
{
    private const string Classifier = "BertForSequenceClassification";

    /// <summary>Reads configuration and weights.</summary>
    public static ModelPlan Plan(FamilySource source)
    {
        JsonFields config = source.Config;
        string kind = source.RequireClass("BertModel", "BertForMaskedLM", "BertForPreTraining", Classifier);
        config.OneOf("position_embedding_type", "absolute", "absolute");
        string activation = config.OneOf("hidden_act", "gelu", "gelu", "gelu_new", "gelu_pytorch_tanh");
        config.Neutral("attention_probs_dropout_prob", "hidden_dropout_prob", "directionality", "pooler_fc_size", "pooler_num_attention_heads", "pooler_num_fc_layers",
            "pooler_size_per_head", "pooler_type", "tie_word_embeddings", "gradient_checkpointing");
        int d = config.Positive("hidden_size"), H = config.Positive("num_attention_heads");
        if (d % H != 0)
        {
            throw config.Refuse("num_attention_heads", $"a divisor of hidden_size {d}", $"{H}");
        }
        string prefix = source.Checkpoint.Tensors.ContainsKey("bert.embeddings.word_embeddings.weight") ? "bert." : "";
        var s = new BertSettings(
            source.EmbeddingRows(prefix + "embeddings.word_embeddings.weight"), d, config.Positive("max_position_embeddings"), config.Positive("intermediate_size"),
            config.Positive("num_hidden_layers"), H, config.Positive("type_vocab_size", 2), config.Above0("layer_norm_eps", 1e-12), activation == "gelu", prefix);
        string[] labels = kind == Classifier ? Labels(config) : [];
        source.RequireAllKnown();
        ModelPlan plan = Describe(s, source.CreateTensors());
        Map(s, plan.Tensors);
        if (kind == Classifier)
        {
            MapClassifier(s, labels.Length, plan.Tensors);
            plan.Set("classifier.output_labels", labels);
            plan.Set("pooling_type", 4u); // rank
        }
        else
        {
            LeaveHeads(s, plan);
        }
        return plan;
    }

    private static ModelPlan Describe(BertSettings s, TensorMap tensors)
    {
        var plan = new ModelPlan("bert", s, tensors);
        plan.Set("context_length", (uint)s.Positions);
        plan.Set("embedding_length", (uint)s.d);
        plan.Set("block_count", (uint)s.N);
        plan.Set("feed_forward_length", (uint)s.f);
        plan.Set("attention.head_count", (uint)s.H);
        plan.Set("attention.layer_norm_epsilon", (float)s.Epsilon);
        plan.Set("attention.causal", false);
        plan.Set("vocab_size", (uint)s.V);
        plan.SetGlobal(Gguf.GgufKeys.TokenTypeCount, (uint)s.S);
        return plan;
    }

    /// <summary>Maps the weights.</summary>
    public static void Map(BertSettings s, ITensorMap t)
    {
        string embeddings = s.Prefix + "embeddings.";
        t.Matrix("token_embd", embeddings + "word_embeddings.weight", s.V, s.d);
        t.Table("position_embd", embeddings + "position_embeddings.weight", s.Positions, s.d);
        t.Table("token_types", embeddings + "token_type_embeddings.weight", s.S, s.d);
        Norm("token_embd_norm", embeddings + "LayerNorm");
        t.Ignore(embeddings + "position_ids"); // 0, 1, 2, …, which older versions wrote
        for (int i = 0; i < s.N; i++)
        {
            (string b, string theirs) = ($"blk.{i}.", $"{s.Prefix}encoder.layer.{i}.");
            Affine(b + "attn_q", theirs + "attention.self.query", s.d, s.d);
            Affine(b + "attn_k", theirs + "attention.self.key", s.d, s.d);
            Affine(b + "attn_v", theirs + "attention.self.value", s.d, s.d);
            Affine(b + "attn_output", theirs + "attention.output.dense", s.d, s.d);
            Norm(b + "attn_output_norm", theirs + "attention.output.LayerNorm");
            Affine(b + "ffn_up", theirs + "intermediate.dense", s.f, s.d);
            Affine(b + "ffn_down", theirs + "output.dense", s.d, s.f);
            Norm(b + "layer_output_norm", theirs + "output.LayerNorm");
        }

        void Norm(string ours, string theirs)
        {
            t.Vector(ours + ".weight", theirs + ".weight", s.d);
            t.Vector(ours + ".bias", theirs + ".bias", s.d);
        }

        void Affine(string ours, string theirs, int rows, int columns)
        {
            t.Matrix(ours, theirs + ".weight", rows, columns);
            t.Vector(ours + ".bias", theirs + ".bias", rows);
        }
    }

    /// <summary>Maps the weights of a classifier: tanh(W·x₀ + b), then the classes.</summary>
    public static void MapClassifier(BertSettings s, int classes, ITensorMap t)
    {
        t.Matrix("cls", s.Prefix + "pooler.dense.weight", s.d, s.d);
        t.Vector("cls.bias", s.Prefix + "pooler.dense.bias", s.d);
        t.Matrix("cls.output", "classifier.weight", classes, s.d);
        t.Vector("cls.output.bias", "classifier.bias", classes);
    }

    private static void LeaveHeads(BertSettings s, ModelPlan plan)
    {
        bool pooler = plan.Tensors.Ignore(name => name.StartsWith(s.Prefix + "pooler.", StringComparison.Ordinal));
        bool head = plan.Tensors.Ignore(name => name.StartsWith("cls.", StringComparison.Ordinal));
        if (pooler || head)
        {
            plan.Notes.Add($"{(pooler, head) switch { (true, true) => "The pooler and the heads of the pretraining are", (true, _) => "The pooler is", _ => "The heads of the pretraining are" }} left out, because vectors of texts are made from the rows of their tokens.");
        }
    }

    private static string[] Labels(JsonFields config)
    {
        if (config.Find("id2label") is not { ValueKind: JsonValueKind.Object } labels)
        {
            return ["LABEL_0", "LABEL_1"]; // transformers' default
        }
        string[] names = [.. labels.EnumerateObject().Select((label, i) => label.Name == $"{i}" && label.Value.ValueKind == JsonValueKind.String ? label.Value.GetString()!
            : throw config.Refuse("id2label", "texts by the numbers 0, 1, 2, … in their order", $"'{label.Name}'"))];
        return names.Length > 0 ? names : throw config.Refuse("id2label", "at least one class", "none");
    }
}
