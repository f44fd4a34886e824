using Engine.Gguf;

namespace ReferenceModels.Tests.Models;

/// <summary>LLaMA's descendants in many shapes.</summary>
internal static class DescendantCases
{
    private static readonly Dictionary<string, object> Nothing = [];

    /// <summary>By what is special about them; the first of a family is its plainest.</summary>
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
    };

    /// <summary>Some of them, small enough for differences over every weight, with 40 tokens.</summary>
    public static readonly IReadOnlyDictionary<string, RandomDescendant> Small = new Dictionary<string, RandomDescendant>
    {
        ["qwen2"] = Tiny("qwen2") with { Biases = true, OutputBias = true, Tied = true },
        ["qwen3"] = Tiny("qwen3") with { KeyLength = 6 },
        ["qwen3, fused"] = Tiny("qwen3") with { FusedQkv = true, Biases = true, Tied = true },
    };

    /// <summary>The plainest of each family.</summary>
    public static IEnumerable<string> Families => All.Keys.Where(name => All[name].Architecture == name);

    public static Dictionary<string, object> With(string key, object value, IReadOnlyDictionary<string, object>? rest = null) =>
        new(rest ?? Nothing) { [key] = value };

    private static RandomDescendant Tiny(string architecture) => new() { Architecture = architecture, V = 40, Width = 16, Inner = 24, H = 4, G = 2, N = 2 };

    private static Dictionary<string, object> Scaled(string type, float factor, int original = 0)
    {
        Dictionary<string, object> scaling = With("rope.scaling.type", type, With("rope.scaling.factor", factor));
        return original == 0 ? scaling : With("rope.scaling.original_context_length", original, scaling);
    }
}
