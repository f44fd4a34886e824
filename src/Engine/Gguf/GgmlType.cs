namespace Engine.Gguf;

/// <summary>How the elements of a tensor are stored. Numbers and names are ggml's (ggml.h of llama.cpp v0.5.0);
/// the gaps are formats that ggml has removed.</summary>
public enum GgmlType
{
    /// <summary>32-bit IEEE 754.</summary>
    F32 = 0,

    /// <summary>16-bit IEEE 754.</summary>
    F16 = 1,

    /// <summary>Blocks of 32 with a scale, 4 bits an element.</summary>
    Q4_0 = 2,

    /// <summary>Blocks of 32 with a scale and a minimum, 4 bits an element.</summary>
    Q4_1 = 3,

    /// <summary>Blocks of 32 with a scale, 5 bits an element.</summary>
    Q5_0 = 6,

    /// <summary>Blocks of 32 with a scale and a minimum, 5 bits an element.</summary>
    Q5_1 = 7,

    /// <summary>Blocks of 32 with a scale, 8 bits an element.</summary>
    Q8_0 = 8,

    /// <summary>Blocks of 32 with a scale and a sum, 8 bits an element; for activations.</summary>
    Q8_1 = 9,

    /// <summary>Super-blocks of 256, about 2.6 bits an element.</summary>
    Q2_K = 10,

    /// <summary>Super-blocks of 256, about 3.4 bits an element.</summary>
    Q3_K = 11,

    /// <summary>Super-blocks of 256, 4.5 bits an element.</summary>
    Q4_K = 12,

    /// <summary>Super-blocks of 256, 5.5 bits an element.</summary>
    Q5_K = 13,

    /// <summary>Super-blocks of 256, about 6.6 bits an element.</summary>
    Q6_K = 14,

    /// <summary>Super-blocks of 256, 8 bits an element; for activations.</summary>
    Q8_K = 15,

    /// <summary>Codebook of 2-bit lattice points, about 2.1 bits an element.</summary>
    IQ2_XXS = 16,

    /// <summary>Codebook of 2-bit lattice points, about 2.3 bits an element.</summary>
    IQ2_XS = 17,

    /// <summary>Codebook of 3-bit lattice points, about 3.1 bits an element.</summary>
    IQ3_XXS = 18,

    /// <summary>Codebook of ternary points, about 1.6 bits an element.</summary>
    IQ1_S = 19,

    /// <summary>Blocks of 32 with a scale, 4 bits an element into a table that is not linear.</summary>
    IQ4_NL = 20,

    /// <summary>Codebook of 3-bit lattice points, about 3.4 bits an element.</summary>
    IQ3_S = 21,

    /// <summary>Codebook of 2-bit lattice points, about 2.6 bits an element.</summary>
    IQ2_S = 22,

    /// <summary>Super-blocks of 256, 4.25 bits an element into a table that is not linear.</summary>
    IQ4_XS = 23,

    /// <summary>Signed byte.</summary>
    I8 = 24,

    /// <summary>Signed 16-bit integer.</summary>
    I16 = 25,

    /// <summary>Signed 32-bit integer.</summary>
    I32 = 26,

    /// <summary>Signed 64-bit integer.</summary>
    I64 = 27,

    /// <summary>64-bit IEEE 754.</summary>
    F64 = 28,

    /// <summary>Codebook of ternary points, 1.75 bits an element.</summary>
    IQ1_M = 29,

    /// <summary>The upper half of a 32-bit IEEE 754 number.</summary>
    BF16 = 30,

    /// <summary>Ternary, five elements to a byte.</summary>
    TQ1_0 = 34,

    /// <summary>Ternary, four elements to a byte.</summary>
    TQ2_0 = 35,

    /// <summary>Blocks of 32 E2M1 numbers with a power-of-two scale (OCP microscaling).</summary>
    MXFP4 = 39,

    /// <summary>Blocks of 64 E2M1 numbers with a UE4M3 scale for each 16.</summary>
    NVFP4 = 40,

    /// <summary>Blocks of 128 with a scale, 1 bit an element.</summary>
    Q1_0 = 41,

    /// <summary>Blocks of 64 with a scale, 2 bits an element.</summary>
    Q2_0 = 42,
}
