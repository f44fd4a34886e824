using System.Text.RegularExpressions;

namespace Engine.Gguf;

/// <summary>Names of weights as names of what is computed with them.</summary>
internal static partial class WeightName
{
    [GeneratedRegex(@"^(?:(?:enc|dec)\.)?(?:blk\.(?<layer>\d+)\.)?(?<name>.+)\.(?:weight|bias)(?<factor>\.lora_[ab])?$")]
    private static partial Regex Pattern { get; }

    /// <summary>Without the suffix and with the layer after: <c>blk.3.attn_q.weight</c> is <c>attn_q-3</c>, its adapter's
    /// <c>blk.3.attn_q.weight.lora_a</c> is <c>attn_q.lora_a-3</c>. The parts <c>enc.</c> and <c>dec.</c> are left out, since an activation has
    /// its part beside its name. Null for what is no weight's name.</summary>
    public static string? OfActivation(string tensor)
    {
        Match match = Pattern.Match(tensor);
        string name = match.Groups["name"].Value + match.Groups["factor"].Value;
        return !match.Success ? null : match.Groups["layer"] is { Success: true } layer ? $"{name}-{layer.Value}" : name;
    }

    /// <summary>The sum of a product, or of rows, and of what an adapter adds, by the name of the product with the adapter's B:
    /// <c>attn_q.lora_b-3</c> makes <c>attn_q.lora-3</c>. Null for another product.</summary>
    public static string? OfAdaptedSum(string product) => product.Contains(FactorB, StringComparison.Ordinal) ? product.Replace(FactorB, Sum, StringComparison.Ordinal) : null;

    private const string FactorB = GgufAdapter.SuffixB, Sum = ".lora";
}
