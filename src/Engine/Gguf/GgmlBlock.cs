using System.Collections.Frozen;

namespace Engine.Gguf;

/// <summary>The block of a storage format: the smallest piece that can be read on its own.</summary>
/// <param name="Name">The format's name as printed by ggml, such as <c>q4_K</c>.</param>
/// <param name="Elements">The number of elements in a block. A row of a tensor is a whole number of blocks.</param>
/// <param name="Bytes">The number of bytes of a block.</param>
internal readonly record struct GgmlBlock(string Name, int Elements, int Bytes)
{
    // ggml.c, type_traits; the byte counts are the fields of each block in ggml-common.h, added up.
    private static readonly FrozenDictionary<GgmlType, GgmlBlock> Blocks = new Dictionary<GgmlType, GgmlBlock>
    {
        [GgmlType.F32] = new("f32", 1, 4),
        [GgmlType.F16] = new("f16", 1, 2),
        [GgmlType.BF16] = new("bf16", 1, 2),
        [GgmlType.F64] = new("f64", 1, 8),
        [GgmlType.I8] = new("i8", 1, 1),
        [GgmlType.I16] = new("i16", 1, 2),
        [GgmlType.I32] = new("i32", 1, 4),
        [GgmlType.I64] = new("i64", 1, 8),
        [GgmlType.Q4_0] = new("q4_0", 32, 2 + 16),
        [GgmlType.Q4_1] = new("q4_1", 32, 2 + 2 + 16),
        [GgmlType.Q5_0] = new("q5_0", 32, 2 + 4 + 16),
        [GgmlType.Q5_1] = new("q5_1", 32, 2 + 2 + 4 + 16),
        [GgmlType.Q8_0] = new("q8_0", 32, 2 + 32),
        [GgmlType.Q8_1] = new("q8_1", 32, 2 + 2 + 32),
        [GgmlType.Q2_K] = new("q2_K", 256, 16 + 64 + 2 + 2),
        [GgmlType.Q3_K] = new("q3_K", 256, 32 + 64 + 12 + 2),
        [GgmlType.Q4_K] = new("q4_K", 256, 2 + 2 + 12 + 128),
        [GgmlType.Q5_K] = new("q5_K", 256, 2 + 2 + 12 + 32 + 128),
        [GgmlType.Q6_K] = new("q6_K", 256, 128 + 64 + 16 + 2),
        [GgmlType.Q8_K] = new("q8_K", 256, 4 + 256 + 32),
        [GgmlType.IQ2_XXS] = new("iq2_xxs", 256, 2 + 64),
        [GgmlType.IQ2_XS] = new("iq2_xs", 256, 2 + 64 + 8),
        [GgmlType.IQ2_S] = new("iq2_s", 256, 2 + 64 + 8 + 8),
        [GgmlType.IQ3_XXS] = new("iq3_xxs", 256, 2 + 96),
        [GgmlType.IQ3_S] = new("iq3_s", 256, 2 + 64 + 8 + 32 + 4),
        [GgmlType.IQ1_S] = new("iq1_s", 256, 2 + 32 + 16),
        [GgmlType.IQ1_M] = new("iq1_m", 256, 32 + 16 + 8),
        [GgmlType.IQ4_NL] = new("iq4_nl", 32, 2 + 16),
        [GgmlType.IQ4_XS] = new("iq4_xs", 256, 2 + 2 + 4 + 128),
        [GgmlType.TQ1_0] = new("tq1_0", 256, 48 + 4 + 2),
        [GgmlType.TQ2_0] = new("tq2_0", 256, 64 + 2),
        [GgmlType.MXFP4] = new("mxfp4", 32, 1 + 16),
        [GgmlType.NVFP4] = new("nvfp4", 64, 4 + 32),
        [GgmlType.Q1_0] = new("q1_0", 128, 2 + 16),
        [GgmlType.Q2_0] = new("q2_0", 64, 2 + 16),
    }.ToFrozenDictionary();

    /// <summary>The block of a format.</summary>
    /// <exception cref="ArgumentOutOfRangeException">ggml has no such format, or has removed it.</exception>
    public static GgmlBlock Of(GgmlType type) =>
        Blocks.TryGetValue(type, out GgmlBlock block) ? block : throw new ArgumentOutOfRangeException(nameof(type), type, "ggml has no such format.");

    /// <summary>Whether ggml has the format.</summary>
    public static bool IsDefined(GgmlType type) => Blocks.ContainsKey(type);

    /// <summary>The number of bytes of this many elements, which must be a whole number of blocks.</summary>
    /// <exception cref="OverflowException">The number does not fit into 64 bits.</exception>
    public long BytesOf(long elements) => checked(elements / Elements * Bytes);
}
