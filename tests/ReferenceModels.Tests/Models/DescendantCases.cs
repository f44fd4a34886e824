namespace ReferenceModels.Tests.Models;

/// <summary>LLaMA's descendants in many shapes.</summary>
internal static class DescendantCases
{
    private static readonly Dictionary<string, object> Nothing = [];

    /// <summary>By their special feature; the first of each family is the plainest.</summary>
    public static readonly IReadOnlyDictionary<string, RandomDescendant> All = new Dictionary<string, RandomDescendant>
    {
        ["qwen2"] = new() { Architecture = "qwen2", Biases = true },
        ["qwen2, tied, without biases"] = new() { Architecture = "qwen2", Tied = true, H = 8, G = 1 },
        ["qwen2, fused"] = new() { Architecture = "qwen2", FusedQkv = true, Biases = true, G = 4 },
        ["qwen2 with a bias of the logits, odd sizes"] = new() { Architecture = "qwen2", Biases = true, OutputBias = true, Width = 42, H = 3, G = 1, Inner = 77, N = 3 },
        ["qwen2, tied, with a bias of the logits"] = new() { Architecture = "qwen2", Biases = true, OutputBias = true, Tied = true },
        ["qwen2, yarn"] = new() { Architecture = "qwen2", Biases = true, Width = 128, H = 2, G = 1, Metadata = With("rope.freq_base", 1e6f, Scaled("yarn", 4, 64)) },
        ["qwen3"] = new() { Architecture = "qwen3" },
        ["qwen3 with heads wider than their share"] = new() { Architecture = "qwen3", H = 4, G = 2, KeyLength = 32, Tied = true },
        ["qwen3 with narrower ones, odd sizes"] = new() { Architecture = "qwen3", Width = 50, H = 4, G = 1, KeyLength = 10, Inner = 61, N = 3 },
        ["qwen3, fused, biases, large epsilon"] = new() { Architecture = "qwen3", FusedQkv = true, Biases = true, Epsilon = 0.1f },
        ["qwen3, linear scaling"] = new() { Architecture = "qwen3", Metadata = With("rope.freq_base", 1e6f, Scaled("linear", 4)) },
        ["phi3"] = new() { Architecture = "phi3", FusedQkv = true },
        ["phi3 with shared heads, tied, biases, odd sizes"] = new() { Architecture = "phi3", FusedQkv = true, Biases = true, Tied = true, Width = 42, H = 3, G = 1, Inner = 77, N = 3 },
        ["phi3 with weights of queries, keys and values apart"] = new() { Architecture = "phi3", Biases = true },
        ["phi3 with a window, which llama.cpp leaves aside"] = new() { Architecture = "phi3", FusedQkv = true, Metadata = With("attention.sliding_window", 8) },
        ["phi3, longrope within the original context"] = new() { Architecture = "phi3", FusedQkv = true, RopeFactors = true, Metadata = With("rope.scaling.attn_factor", 1.19f, LongRope(256)) },
        ["phi3, longrope beyond the original context"] = new() { Architecture = "phi3", FusedQkv = true, RopeFactors = true, Metadata = LongRope(64) },
        ["phi3, longrope of a part of a head"] = new() { Architecture = "phi3", FusedQkv = true, RopeFactors = true, Tied = true, Metadata = With("rope.dimension_count", 12, LongRope(64)) },
        ["gemma2"] = new() { Architecture = "gemma2", Tied = true, Metadata = With("attention.sliding_window", 20) },
        ["gemma2 with other caps, wide heads, three layers"] = new() { Architecture = "gemma2", Tied = true, N = 3, H = 4, G = 1, KeyLength = 32, Metadata = With("attention.sliding_window", 7, With("attn_logit_softcapping", 2f, With("final_logit_softcapping", 5f))) },
        ["gemma2 with windows everywhere, odd sizes"] = new() { Architecture = "gemma2", Tied = true, Width = 42, H = 3, G = 1, Inner = 77, Metadata = With("attention.sliding_window", 1, With("attention.sliding_window_pattern", 0)) },
        ["gemma2, fused, with biases, another local base, linear"] = new() { Architecture = "gemma2", Tied = true, FusedQkv = true, Biases = true, Metadata = With("attention.sliding_window", 33, With("rope.freq_base_swa", 500f, Scaled("linear", 4))) },
        ["gemma2, scaling of type none"] = new() { Architecture = "gemma2", Tied = true, Metadata = With("attention.sliding_window", 33, Scaled("none", 4)) },
        ["gemma2 without a window of its own"] = new() { Architecture = "gemma2", Tied = true },
        ["gemma3"] = new() { Architecture = "gemma3", Tied = true, Metadata = With("attention.sliding_window", 20, With("rope.freq_base", 1e6f)) },
        ["gemma3 of seven layers, wide heads, linear scaling"] = new() { Architecture = "gemma3", Tied = true, N = 7, H = 4, G = 1, KeyLength = 32, Metadata = With("attention.sliding_window", 9, With("rope.freq_base_swa", 3000f, Scaled("linear", 8))) },
        ["gemma3 with a cap and a head of its own"] = new() { Architecture = "gemma3", Metadata = With("attention.sliding_window", 20, With("final_logit_softcapping", 3f)) },
        ["gemma3 with a listed pattern"] = new() { Architecture = "gemma3", N = 3, Metadata = With("attention.sliding_window", 11, With("attention.sliding_window_pattern", (bool[])[false, true, false])) },
        ["gemma3 without windows, yarn"] = new() { Architecture = "gemma3", Tied = true, Width = 128, H = 2, G = 1, Metadata = Scaled("yarn", 4, 64) },
        ["gemma3, yarn, with windows"] = new() { Architecture = "gemma3", Tied = true, N = 6, Width = 128, H = 2, G = 1, Metadata = With("attention.sliding_window", 20, Scaled("yarn", 4, 64)) },
        ["gemma3, part of a head"] = new() { Architecture = "gemma3", Metadata = With("attention.sliding_window", 20, With("rope.dimension_count", 10)) },
        ["mixtral"] = new() { Architecture = "llama", Experts = 4, Used = 2 },
        ["mixtral, three of eight, tied, fused, odd sizes"] = new() { Architecture = "llama", Experts = 8, Used = 3, Tied = true, FusedQkv = true, Width = 42, H = 3, G = 1, Inner = 77, N = 3 },
        ["mixtral, one of three"] = new() { Architecture = "llama", Experts = 3, Used = 1, Biases = true },
        ["mixtral, all of two, yarn"] = new() { Architecture = "llama", Experts = 2, Used = 2, Width = 128, H = 2, G = 1, Metadata = Scaled("yarn", 4, 64) },
        ["qwen3moe"] = new() { Architecture = "qwen3moe", Experts = 8, Used = 4, Metadata = With("expert_feed_forward_length", 48) },
        ["qwen3moe, five of six, heads of their own width, a share of the width each"] = new() { Architecture = "qwen3moe", Experts = 6, Used = 5, KeyLength = 10, Inner = 100, N = 3 },
        ["qwen3moe, one of two, tied"] = new() { Architecture = "qwen3moe", Experts = 2, Used = 1, Tied = true, Metadata = With("expert_feed_forward_length", 33) },
    };

    /// <summary>Some of them, small enough for differences over every weight, with 40 tokens.</summary>
    public static readonly IReadOnlyDictionary<string, RandomDescendant> Small = new Dictionary<string, RandomDescendant>
    {
        ["qwen2"] = Tiny("qwen2") with { Biases = true, OutputBias = true, Tied = true },
        ["qwen3"] = Tiny("qwen3") with { KeyLength = 6 },
        ["qwen3, fused"] = Tiny("qwen3") with { FusedQkv = true, Biases = true, Tied = true },
        ["mixtral"] = Tiny("llama") with { Experts = 4, Used = 2 },
        ["qwen3moe"] = Tiny("qwen3moe") with { Experts = 5, Used = 3, KeyLength = 6, Metadata = With("expert_feed_forward_length", 12) },
        ["phi3"] = Tiny("phi3") with { FusedQkv = true, RopeFactors = true, Metadata = With("rope.dimension_count", 2, LongRope(4)) },
        ["gemma2"] = Tiny("gemma2") with { Tied = true, Metadata = With("attention.sliding_window", 3, With("attn_logit_softcapping", 2f, With("final_logit_softcapping", 5f))) },
        ["gemma3"] = Tiny("gemma3") with { KeyLength = 6, Metadata = With("attention.sliding_window", 3, With("attention.sliding_window_pattern", 2)) },
    };

    /// <summary>The plainest of each family.</summary>
    public static IEnumerable<string> Families => All.Keys.Where(name => All[name].Architecture == name || name == "mixtral");

    public static Dictionary<string, object> With(string key, object value, IReadOnlyDictionary<string, object>? rest = null) =>
        new(rest ?? Nothing) { [key] = value };

    private static Dictionary<string, object> LongRope(int original) => With("rope.scaling.type", "longrope", With("rope.scaling.original_context_length", original));

    private static RandomDescendant Tiny(string architecture) => new() { Architecture = architecture, V = 40, Width = 16, Inner = 24, H = 4, G = 2, N = 2 };

    private static Dictionary<string, object> Scaled(string type, float factor, int original = 0)
    {
        Dictionary<string, object> scaling = With("rope.scaling.type", type, With("rope.scaling.factor", factor));
        return original == 0 ? scaling : With("rope.scaling.original_context_length", original, scaling);
    }
}
