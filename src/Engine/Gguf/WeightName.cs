using System.Text.RegularExpressions;

namespace Engine.Gguf;

/// <summary>Converts names of weights to names of the activations computed with them.</summary>
internal static partial class WeightName
{
    [GeneratedRegex(@"^(?:(?:enc|dec)\.)?(?:blk\.(?<layer>\d+)\.)?(?<name>.+)\.(?:weight|bias)(?<factor>\.lora_[ab])?$")]
    private static partial Regex Pattern { get; }

    /// <summary>The name without the suffix and with the layer at the end: <c>blk.3.attn_q.weight</c> becomes <c>attn_q-3</c>, its adapter's
    /// <c>blk.3.attn_q.weight.lora_a</c> becomes <c>attn_q.lora_a-3</c>. <c>enc.</c> and <c>dec.</c> are left out, because an activation keeps
    /// its part separately from its name. Null if it is not the name of a weight.</summary>
    public static string? OfActivation(string tensor)
    {
        Match match = Pattern.Match(tensor);
        string name = match.Groups["name"].Value + match.Groups["factor"].Value;
        return !match.Success ? null : match.Groups["layer"] is { Success: true } layer ? $"{name}-{layer.Value}" : name;
    }

    /// <summary>The name of the sum of a product, or of rows, and of an adapter's contribution, given the name of the product with the adapter's B:
    /// <c>attn_q.lora_b-3</c> gives <c>attn_q.lora-3</c>. Null for other products.</summary>
    public static string? OfAdaptedSum(string product) => product.Contains(FactorB, StringComparison.Ordinal) ? product.Replace(FactorB, Sum, StringComparison.Ordinal) : null;

    private const string FactorB = GgufAdapter.SuffixB, Sum = ".lora";
}
