namespace Engine.Gguf;

/// <summary>The kind of most of a file's weights, by llama.cpp's names: <c>F32</c>, <c>Q8_0</c>, <c>Q4_K_M</c>, …</summary>
internal static class GgufFileType
{
    // llama_ftype of llama.h, by number; empty if a number is out of use.
    private static readonly string[] Names =
    [
        "F32", "F16", "Q4_0", "Q4_1", "", "", "", "Q8_0", "Q5_0", "Q5_1", "Q2_K", "Q3_K_S", "Q3_K_M", "Q3_K_L", "Q4_K_S", "Q4_K_M",
        "Q5_K_S", "Q5_K_M", "Q6_K", "IQ2_XXS", "IQ2_XS", "Q2_K_S", "IQ3_XS", "IQ3_XXS", "IQ1_S", "IQ4_NL", "IQ3_S", "IQ3_M", "IQ2_S",
        "IQ2_M", "IQ4_XS", "IQ1_M", "BF16", "", "", "", "TQ1_0", "TQ2_0", "MXFP4", "NVFP4", "Q1_0", "Q2_0",
    ];

    // Mixtures whose names do not begin with the type of most of their tensors (llama_ftype_get_default_type of llama-quant.cpp).
    private static readonly (string Name, GgmlType Dominant)[] Mixtures =
    [
        ("IQ2_S", GgmlType.IQ2_XS), ("IQ2_M", GgmlType.IQ2_S), ("IQ3_XS", GgmlType.IQ3_S), ("IQ3_M", GgmlType.IQ3_S),
    ];

    /// <summary>The type of most of the elements, with the variant from <c>general.file_type</c> if that is a variant of this type.
    /// That number alone cannot be trusted, because a quantizer that falls back to another type does not change it.</summary>
    public static string Of(GgufFile file)
    {
        GgmlType dominant = file.Tensors.Count == 0
            ? GgmlType.F32
            : file.Tensors.GroupBy(tensor => tensor.Type).MaxBy(group => group.Sum(tensor => tensor.Elements))!.Key;
        string said = file.Metadata[GgufKeys.FileType] is { Value: uint number } && number < Names.Length ? Names[number] : "";
        return said.StartsWith($"{dominant}", StringComparison.Ordinal) || Mixtures.Contains((said, dominant)) ? said : $"{dominant}";
    }
}
