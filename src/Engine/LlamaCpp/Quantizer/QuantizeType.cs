using Engine.Gguf;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>A file type that llama.cpp's quantizer writes: a recipe, which gives each tensor a format.</summary>
/// <param name="Name">The name in llama.cpp's spelling.</param>
/// <param name="Number">The quantizer's number for it, also in <c>general.file_type</c>.</param>
/// <param name="Default">The format of tensors that the recipe does not treat specially.</param>
internal sealed record QuantizeType(string Name, llama_ftype Number, GgmlType Default)
{
    // The names are those that llama-quantize accepts, the formats those of llama_ftype_get_default_type (src/llama-quant.cpp).
    private static readonly QuantizeType[] All =
    [
        new("F32", llama_ftype.ALL_F32, GgmlType.F32),
        new("F16", llama_ftype.MOSTLY_F16, GgmlType.F16),
        new("BF16", llama_ftype.MOSTLY_BF16, GgmlType.BF16),
        new("Q8_0", llama_ftype.MOSTLY_Q8_0, GgmlType.Q8_0),
        new("Q6_K", llama_ftype.MOSTLY_Q6_K, GgmlType.Q6_K),
        new("Q5_K_M", llama_ftype.MOSTLY_Q5_K_M, GgmlType.Q5_K),
        new("Q5_K_S", llama_ftype.MOSTLY_Q5_K_S, GgmlType.Q5_K),
        new("Q5_1", llama_ftype.MOSTLY_Q5_1, GgmlType.Q5_1),
        new("Q5_0", llama_ftype.MOSTLY_Q5_0, GgmlType.Q5_0),
        new("Q4_K_M", llama_ftype.MOSTLY_Q4_K_M, GgmlType.Q4_K),
        new("Q4_K_S", llama_ftype.MOSTLY_Q4_K_S, GgmlType.Q4_K),
        new("Q4_1", llama_ftype.MOSTLY_Q4_1, GgmlType.Q4_1),
        new("Q4_0", llama_ftype.MOSTLY_Q4_0, GgmlType.Q4_0),
        new("IQ4_NL", llama_ftype.MOSTLY_IQ4_NL, GgmlType.IQ4_NL),
        new("IQ4_XS", llama_ftype.MOSTLY_IQ4_XS, GgmlType.IQ4_XS),
        new("MXFP4_MOE", llama_ftype.MOSTLY_MXFP4_MOE, GgmlType.MXFP4),
        new("Q3_K_L", llama_ftype.MOSTLY_Q3_K_L, GgmlType.Q3_K),
        new("Q3_K_M", llama_ftype.MOSTLY_Q3_K_M, GgmlType.Q3_K),
        new("Q3_K_S", llama_ftype.MOSTLY_Q3_K_S, GgmlType.Q3_K),
        new("IQ3_M", llama_ftype.MOSTLY_IQ3_M, GgmlType.IQ3_S),
        new("IQ3_S", llama_ftype.MOSTLY_IQ3_S, GgmlType.IQ3_S),
        new("IQ3_XS", llama_ftype.MOSTLY_IQ3_XS, GgmlType.IQ3_S),
        new("IQ3_XXS", llama_ftype.MOSTLY_IQ3_XXS, GgmlType.IQ3_XXS),
        new("Q2_K", llama_ftype.MOSTLY_Q2_K, GgmlType.Q2_K),
        new("Q2_K_S", llama_ftype.MOSTLY_Q2_K_S, GgmlType.Q2_K),
        new("Q2_0", llama_ftype.MOSTLY_Q2_0, GgmlType.Q2_0),
        new("IQ2_M", llama_ftype.MOSTLY_IQ2_M, GgmlType.IQ2_S),
        new("IQ2_S", llama_ftype.MOSTLY_IQ2_S, GgmlType.IQ2_XS),
        new("IQ2_XS", llama_ftype.MOSTLY_IQ2_XS, GgmlType.IQ2_XS),
        new("IQ2_XXS", llama_ftype.MOSTLY_IQ2_XXS, GgmlType.IQ2_XXS),
        new("TQ2_0", llama_ftype.MOSTLY_TQ2_0, GgmlType.TQ2_0),
        new("TQ1_0", llama_ftype.MOSTLY_TQ1_0, GgmlType.TQ1_0),
        new("IQ1_M", llama_ftype.MOSTLY_IQ1_M, GgmlType.IQ1_M),
        new("IQ1_S", llama_ftype.MOSTLY_IQ1_S, GgmlType.IQ1_S),
        new("Q1_0", llama_ftype.MOSTLY_Q1_0, GgmlType.Q1_0),
    ];

    // Aliases of llama-quantize; MXFP4 because that is the name of the format itself.
    private static readonly Dictionary<string, string> Aliases = new(StringComparer.OrdinalIgnoreCase)
    {
        ["Q3_K"] = "Q3_K_M",
        ["Q4_K"] = "Q4_K_M",
        ["Q5_K"] = "Q5_K_M",
        ["MXFP4"] = "MXFP4_MOE",
    };

    // Common names of types that would not give what people expect, so that they must choose another type.
    private static readonly Dictionary<string, string> Shorthands = new(StringComparer.OrdinalIgnoreCase)
    {
        ["FP32"] = "F32",
        ["FP16"] = "F16",
        ["Q8"] = "Q8_0",
        ["INT8"] = "Q8_0",
        ["8BIT"] = "Q8_0",
        ["Q6"] = "Q6_K",
        ["Q5"] = "Q5_K_M",
        ["Q4"] = "Q4_K_M",
        ["INT4"] = "Q4_K_M",
        ["4BIT"] = "Q4_K_M",
        ["Q3"] = "Q3_K_M",
        ["Q2"] = "Q2_K",
    };

    /// <summary>The names, finest first.</summary>
    public static IEnumerable<string> Names => All.Select(type => type.Name);

    /// <summary>The format of the output head, or of the token embedding if the two are one; it is finer than the rest.</summary>
    public GgmlType Head => Number switch
    {
        llama_ftype.MOSTLY_IQ2_XXS or llama_ftype.MOSTLY_IQ2_XS or llama_ftype.MOSTLY_IQ2_S or llama_ftype.MOSTLY_IQ2_M
            or llama_ftype.MOSTLY_IQ1_S or llama_ftype.MOSTLY_IQ1_M or llama_ftype.MOSTLY_IQ3_XXS => GgmlType.Q5_K,
        llama_ftype.MOSTLY_Q8_0 or llama_ftype.MOSTLY_MXFP4_MOE => GgmlType.Q8_0,
        _ => GgmlType.Q6_K,
    };

    /// <summary>Whether llama.cpp makes weights of this format only with importances, because without them they would be garbage.</summary>
    public bool NeedsImportance(GgmlType format) =>
        format is GgmlType.IQ3_XXS or GgmlType.IQ2_XXS or GgmlType.IQ2_XS or GgmlType.IQ2_S or GgmlType.IQ1_M or GgmlType.IQ1_S
        || (format == GgmlType.Q2_K && Number == llama_ftype.MOSTLY_Q2_K_S);

    /// <exception cref="ConfigurationException">There is no such type, or llama.cpp does not write it.</exception>
    public static QuantizeType Find(string name)
    {
        string known = Aliases.GetValueOrDefault(name, name);
        if (All.FirstOrDefault(type => string.Equals(type.Name, known, StringComparison.OrdinalIgnoreCase)) is { } found)
        {
            return found;
        }
        if (string.Equals(name, "NVFP4", StringComparison.OrdinalIgnoreCase))
        {
            throw new ConfigurationException("Quantizing to NVFP4: expected a type that llama.cpp writes; it reads NVFP4 but cannot make it. Take MXFP4_MOE or Q4_K_M.");
        }
        string hint = (Shorthands.GetValueOrDefault(name) ?? Spelling.Nearest(name, [.. Names, .. Aliases.Keys])) is { } nearest
            ? $"Did you mean {nearest}?" : "The help of the command lists all types.";
        throw new ConfigurationException($"Quantizing: expected a type such as Q8_0, Q6_K, Q5_K_M or Q4_K_M, found '{name}'. {hint}");
    }
}
