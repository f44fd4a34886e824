using Engine.HuggingFace.Files;

namespace Engine.HuggingFace.Families;

/// <summary>Rotary positions: turns transformers' <c>rope_theta</c> and <c>rope_scaling</c> (since version 5 <c>rope_parameters</c>) into llama.cpp's keys.</summary>
internal static class RopeImport
{
    // ggml's values, which are also transformers' defaults.
    private const double BetaFast = 32, BetaSlow = 1;

    /// <summary>The kinds of scaling that llama.cpp computes for a family.</summary>
    public static readonly string[] OfLlama = ["default", "linear", "dynamic", "yarn", "llama3"], OfQwen = ["default", "linear", "dynamic", "yarn"],
        OfGemma = ["default", "linear"], OfPhi3 = ["default", "longrope", "su"];

    /// <summary>Reads the fields.</summary>
    /// <param name="config">config.json.</param>
    /// <param name="positions">max_position_embeddings.</param>
    /// <param name="kinds">The kinds of scaling that are allowed.</param>
    /// <param name="absent">The value of an absent rope_theta.</param>
    public static RopeSettings Read(JsonFields config, int positions, string[] kinds, double absent = 10_000)
    {
        JsonFields? scaling = Scaling(config);
        return Read(scaling, Base(config, scaling, absent), positions, kinds);
    }

    /// <summary>rope_theta, which is beside the object or inside it.</summary>
    public static double Base(JsonFields config, JsonFields? scaling, double absent) => config.Above0("rope_theta", scaling?.Above0("rope_theta", absent) ?? absent);

    /// <summary>The object with the fields, in configurations of any version.</summary>
    public static JsonFields? Scaling(JsonFields config)
    {
        if (config.Has("rope_scaling") && config.Has("rope_parameters"))
        {
            throw config.Refuse("rope_parameters", "it instead of 'rope_scaling'", "both");
        }
        return config.Object("rope_parameters") ?? config.Object("rope_scaling");
    }

    /// <summary>Reads the fields of such an object.</summary>
    /// <param name="scaling">The object; null for none.</param>
    /// <param name="base">rope_theta.</param>
    /// <param name="positions">max_position_embeddings.</param>
    /// <param name="kinds">The kinds of scaling that are allowed.</param>
    /// <param name="original">original_max_position_embeddings from beside the object; null for none.</param>
    public static RopeSettings Read(JsonFields? scaling, double @base, int positions, string[] kinds, int? original = null)
    {
        if (scaling is null)
        {
            return new RopeSettings(@base, "default");
        }
        string old = scaling.OneOf("type", "default", kinds);
        string kind = scaling.OneOf("rope_type", old, kinds);
        RopeSettings rope = kind switch
        {
            "linear" or "dynamic" => new RopeSettings(@base, kind, scaling.Above0("factor")),
            "llama3" => new RopeSettings(
                @base, kind, scaling.Above0("factor"), scaling.Positive("original_max_position_embeddings"), scaling.Above0("low_freq_factor"), scaling.Above0("high_freq_factor")),
            "yarn" => new RopeSettings(
                @base, kind, scaling.Above0("factor"), scaling.Positive("original_max_position_embeddings", original ?? positions),
                AttentionFactor: scaling.Has("attention_factor") ? scaling.Above0("attention_factor") : null),
            "longrope" or "su" => LongRope(scaling, @base, positions, original),
            _ => new RopeSettings(@base, kind),
        };
        if (kind == "llama3" && rope.HighFrequency <= rope.LowFrequency)
        {
            throw scaling.Refuse("high_freq_factor", $"more than low_freq_factor {rope.LowFrequency}", $"{rope.HighFrequency}");
        }
        if (kind == "yarn")
        {
            Agree("beta_fast", BetaFast);
            Agree("beta_slow", BetaSlow);
            scaling.Require("truncate", expected: true);
        }
        scaling.Neutral("finetuned", "rope_theta"); // rope_theta is beside the object as well, with the same value
        scaling.RequireAllKnown();
        return rope;

        void Agree(string field, double expected)
        {
            if (scaling.Number(field, expected) is var found && found != expected)
            {
                throw scaling.Refuse(field, $"{expected}", $"{found}");
            }
        }
    }

    // LongRoPE (https://arxiv.org/abs/2402.13753): the stretch factor follows from the two contexts.
    private static RopeSettings LongRope(JsonFields scaling, double @base, int positions, int? trained)
    {
        int original = scaling.OptionalPositive("original_max_position_embeddings") ?? trained ?? throw scaling.Refuse("original_max_position_embeddings", "a number", "none");
        double stretch = (double)positions / original;
        if (scaling.Number("factor", stretch) is var factor && factor != stretch)
        {
            throw scaling.Refuse("factor", $"{stretch}, max_position_embeddings {positions} by original_max_position_embeddings {original}", $"{factor}");
        }
        return new RopeSettings(@base, "longrope", stretch, original, AttentionFactor: scaling.Has("attention_factor") ? scaling.Above0("attention_factor")
            : stretch <= 1 ? 1 : Math.Sqrt(1 + (Math.Log(stretch) / Math.Log(original))))
        {
            ShortFactors = scaling.Positives("short_factor"),
            LongFactors = scaling.Positives("long_factor"),
        };
    }

    /// <summary>Sets llama.cpp's keys.</summary>
    public static void Describe(RopeSettings rope, ModelPlan plan)
    {
        plan.Set("rope.freq_base", (float)rope.Base);
        if (rope.Kind is "linear" or "yarn")
        {
            plan.Set("rope.scaling.type", rope.Kind);
            plan.Set("rope.scaling.factor", (float)rope.Factor);
        }
        if (rope.Kind == "longrope")
        {
            plan.Set("rope.scaling.original_context_length", (uint)rope.OriginalContext);
            plan.Set("rope.scaling.attn_factor", (float)rope.AttentionFactor!.Value);
        }
        if (rope.Kind == "yarn")
        {
            plan.Set("rope.scaling.original_context_length", (uint)rope.OriginalContext);
            if (rope.AttentionFactor is { } factor)
            {
                // ggml always multiplies by YaRN's own factor.
                plan.Set("rope.scaling.attn_factor", (float)(factor / YarnMagnitude(rope)));
            }
        }
    }

    /// <summary>Adds notes on what llama.cpp does differently.</summary>
    public static void Note(RopeSettings rope, int positions, ModelPlan plan)
    {
        if (rope.Kind == "dynamic")
        {
            plan.Notes.Add($"Rotary frequencies are stretched only beyond {positions} positions ('dynamic'), which llama.cpp does not support, so the file's context ends there.");
        }
        if (rope.Kind == "longrope")
        {
            plan.Notes.Add($"Rotary frequencies have other factors beyond {rope.OriginalContext} positions ('longrope'): transformers decides by the number of tokens, llama.cpp by the size of the context. Load the file with a context of {rope.OriginalContext} for inputs up to that length.");
        }
    }

    /// <summary>√(1/t) of YaRN's paper (https://arxiv.org/abs/2309.00071, equation 22).</summary>
    public static double YarnMagnitude(RopeSettings rope) => rope.Factor <= 1 ? 1 : (0.1 * Math.Log(rope.Factor)) + 1;

    /// <summary>The factors (d_k / 2) by which llama.cpp divides the frequencies of a Llama 3.1; null for other kinds. Long waves are stretched, short ones
    /// are kept, and those between are interpolated.</summary>
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
            double turns = rope.OriginalContext / wave; // within the original context
            double kept = Math.Clamp((turns - rope.LowFrequency) / (rope.HighFrequency - rope.LowFrequency), 0, 1);
            factors[i] = (float)(1 / (((1 - kept) / rope.Factor) + kept));
        }
        return factors;
    }
}
