using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>Rotary positions: transformers' <c>rope_theta</c> and <c>rope_scaling</c>, from version 5 on <c>rope_parameters</c>, in llama.cpp's keys.</summary>
internal static class RopeReading
{
    // ggml's, and transformers' where a file is silent.
    private const double BetaFast = 32, BetaSlow = 1;

    /// <summary>Reads the fields.</summary>
    /// <param name="config">config.json.</param>
    /// <param name="positions">max_position_embeddings.</param>
    public static RopeSettings Read(JsonFields config, int positions)
    {
        if (config.Has("rope_scaling") && config.Has("rope_parameters"))
        {
            throw config.Refuse("rope_parameters", "it in the place of 'rope_scaling'", "both");
        }
        (string name, JsonFields? scaling) = config.Object("rope_parameters") is { } parameters ? ("rope_parameters", parameters) : ("rope_scaling", config.Object("rope_scaling"));
        const double Theta = 10_000;
        double @base = config.Above0("rope_theta", scaling?.Above0("rope_theta", Theta) ?? Theta);
        if (scaling is null)
        {
            return new RopeSettings(@base, "default");
        }
        string old = scaling.OneOf("type", "default", Kinds);
        string kind = scaling.OneOf("rope_type", old, Kinds);
        RopeSettings rope = kind switch
        {
            "linear" or "dynamic" => new RopeSettings(@base, kind, scaling.Above0("factor")),
            "llama3" => new RopeSettings(
                @base, kind, scaling.Above0("factor"), scaling.Positive("original_max_position_embeddings"), scaling.Above0("low_freq_factor"), scaling.Above0("high_freq_factor")),
            "yarn" => new RopeSettings(
                @base, kind, scaling.Above0("factor"), scaling.Positive("original_max_position_embeddings", positions),
                AttentionFactor: scaling.Has("attention_factor") ? scaling.Above0("attention_factor") : null),
            _ => new RopeSettings(@base, kind),
        };
        if (kind == "llama3" && rope.HighFrequency <= rope.LowFrequency)
        {
            throw config.Refuse($"{name}.high_freq_factor", $"more than low_freq_factor {rope.LowFrequency}", $"{rope.HighFrequency}");
        }
        if (kind == "yarn")
        {
            Agree("beta_fast", BetaFast);
            Agree("beta_slow", BetaSlow);
            scaling.Require("truncate", expected: true);
        }
        scaling.Neutral("finetuned", "rope_theta"); // the latter stands beside it as well, and is the same
        scaling.RequireAllKnown();
        return rope;

        void Agree(string field, double expected)
        {
            if (scaling.Number(field, expected) is var found && found != expected)
            {
                throw config.Refuse($"{name}.{field}", $"{expected}", $"{found}");
            }
        }
    }

    private static string[] Kinds => ["default", "linear", "dynamic", "yarn", "llama3"];

    /// <summary>Sets llama.cpp's keys.</summary>
    public static void Describe(RopeSettings rope, ModelPlan plan)
    {
        plan.Set("rope.freq_base", (float)rope.Base);
        if (rope.Kind is "linear" or "yarn")
        {
            plan.Set("rope.scaling.type", rope.Kind);
            plan.Set("rope.scaling.factor", (float)rope.Factor);
        }
        if (rope.Kind == "yarn")
        {
            plan.Set("rope.scaling.original_context_length", (uint)rope.OriginalContext);
            if (rope.AttentionFactor is { } factor)
            {
                // ggml multiplies by YaRN's own factor in any case.
                plan.Set("rope.scaling.attn_factor", (float)(factor / YarnMagnitude(rope)));
            }
        }
    }

    /// <summary>Says what llama.cpp does without.</summary>
    public static void Note(RopeSettings rope, int positions, ModelPlan plan)
    {
        if (rope.Kind == "dynamic")
        {
            plan.Notes.Add($"Rotary frequencies are stretched beyond {positions} positions only ('dynamic'), which llama.cpp does not: the file's context ends there.");
        }
    }

    /// <summary>√(1/t) of YaRN's paper (https://arxiv.org/abs/2309.00071, equation 22).</summary>
    public static double YarnMagnitude(RopeSettings rope) => rope.Factor <= 1 ? 1 : (0.1 * Math.Log(rope.Factor)) + 1;

    /// <summary>What llama.cpp divides the frequencies of a Llama 3.1 by (d_k / 2); null for other kinds. Long waves are stretched, short ones
    /// stay, those between are mixed.</summary>
    public static float[]? Factors(RopeSettings rope, int d_k)
    {
        if (rope.Kind != "llama3")
        {
            return null;
        }
        var factors = new float[d_k / 2];
        for (int i = 0; i < factors.Length; i++)
        {
            double wave = 2 * Math.PI * Math.Pow(rope.Base, 2.0 * i / d_k);
            double turns = rope.OriginalContext / wave; // within the context of the training before
            double kept = Math.Clamp((turns - rope.LowFrequency) / (rope.HighFrequency - rope.LowFrequency), 0, 1);
            factors[i] = (float)(1 / (((1 - kept) / rope.Factor) + kept));
        }
        return factors;
    }
}
