using System.Text.Json.Nodes;
using Engine.Gguf;
using Engine.HuggingFace.Families;

namespace Engine.HuggingFace.Exporting;

/// <summary>Rotary positions: turns llama.cpp's keys into transformers' <c>rope_theta</c> and <c>rope_scaling</c>.</summary>
internal static class RopeExport
{
    private const string Type = "rope.scaling.type", Attention = "rope.scaling.attn_factor", Frequencies = "rope_freqs.weight";

    // The values of Llama 3.1 and its successors.
    private const double LowFrequency = 1, HighFrequency = 4;

    /// <summary>Reads the keys and sets the fields.</summary>
    /// <param name="c">The configuration.</param>
    /// <param name="rotated">How many numbers of a head are rotated.</param>
    /// <param name="kinds">The kinds of scaling that transformers' family supports, see <see cref="RopeImport"/>.</param>
    /// <exception cref="ModelFileException">The rotation is one that transformers' model does not support.</exception>
    public static RopeSettings Set(ExportedConfig c, GgufFile file, int rotated, string[] kinds)
    {
        RopeSettings rope = Read(c, file, rotated);
        if (!kinds.Contains(rope.Kind))
        {
            throw c.Refuse(Type, $"one of {string.Join(", ", kinds)}", $"'{rope.Kind}'");
        }
        c.Set(("rope_theta", rope.Base));
        if (Scaling(rope) is { } scaling)
        {
            c.Set(("rope_scaling", scaling));
        }
        return rope;
    }

    private static RopeSettings Read(ExportedConfig c, GgufFile file, int rotated)
    {
        double @base = c.Float("rope.freq_base", 10_000), factor = c.Float("rope.scaling.factor", (float)c.Float("rope.scale_linear", 0)), attention = c.Float(Attention, 1);
        string type = c.Text(Type) ?? "linear"; // as llama.cpp reads it
        if (type == "yarn")
        {
            var yarn = new RopeSettings(@base, type, factor, c.Number("rope.scaling.original_context_length", c.Number("context_length")));
            return attention == 1 ? yarn : yarn with { AttentionFactor = attention * RopeImport.YarnMagnitude(yarn) };
        }
        if (FamilyExport.Has(file, "rope_factors_short.weight"))
        {
            int original = c.Number("rope.scaling.original_context_length", c.Number("context_length"));
            return new RopeSettings(@base, "longrope", (double)c.Number("context_length") / original, original, AttentionFactor: attention)
            {
                ShortFactors = Floats(file, "rope_factors_short.weight"),
                LongFactors = Floats(file, "rope_factors_long.weight"),
            };
        }
        if (attention != 1)
        {
            throw c.Refuse(Attention, "1, because transformers multiplies by it only with YaRN and LongRoPE", $"{attention}");
        }
        if (file.FindTensor(Frequencies) is not null)
        {
            return Llama3(c, @base, Floats(file, Frequencies), rotated);
        }
        return type is "none" || factor is 0 or 1 ? new RopeSettings(@base, "default")
            : type == "linear" ? new RopeSettings(@base, type, factor) : throw c.Refuse(Type, "none, linear, yarn or longrope", $"'{type}'");
    }

    private static float[] Floats(GgufFile file, string name) =>
        TensorExport.Floats(file, file.FindTensor(name) ?? throw new ModelFileException($"Exporting {file.FileName}: expected a tensor '{name}', found none. Convert the model again."));

    // The factor is what the longest waves are divided by. The original context is a power of two.
    private static RopeSettings Llama3(ExportedConfig c, double @base, float[] factors, int rotated)
    {
        const int Least = 8, Most = 20;
        return Enumerable.Range(Least, Most - Least + 1).Prepend(Least / 2).Select(power => new RopeSettings(@base, "llama3", factors.Max(), 1 << power, LowFrequency, HighFrequency))
            .FirstOrDefault(rope => RopeImport.Factors(rope, rotated)!.SequenceEqual(factors))
            ?? throw c.Refuse(Frequencies, $"factors as Llama 3.1 has them, with low_freq_factor {LowFrequency} and high_freq_factor {HighFrequency}", "others");
    }

    private static JsonObject? Scaling(RopeSettings rope)
    {
        var json = new JsonObject { ["rope_type"] = rope.Kind };
        switch (rope.Kind)
        {
            case "linear":
                json["factor"] = rope.Factor;
                return json;
            case "yarn":
                json["factor"] = rope.Factor;
                json["original_max_position_embeddings"] = rope.OriginalContext;
                if (rope.AttentionFactor is { } attention)
                {
                    json["attention_factor"] = attention;
                }
                return json;
            case "llama3":
                json["factor"] = rope.Factor;
                json["low_freq_factor"] = rope.LowFrequency;
                json["high_freq_factor"] = rope.HighFrequency;
                json["original_max_position_embeddings"] = rope.OriginalContext;
                return json;
            case "longrope":
                json["attention_factor"] = rope.AttentionFactor;
                json["short_factor"] = Numbers(rope.ShortFactors!);
                json["long_factor"] = Numbers(rope.LongFactors!);
                return json;
            default:
                return null;
        }
    }

    private static JsonArray Numbers(float[] values) => [.. values.Select(value => (JsonNode)ExportedConfig.Shortest(value))];
}
