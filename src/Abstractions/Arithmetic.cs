namespace Engine;

/// <summary>How the managed reference computes products with quantized and 16-bit weights.</summary>
public enum Arithmetic
{
    /// <summary>The weight's elements as F32, times F32 activations.</summary>
    Exact,

    /// <summary>As ggml does on the CPU, in the build that this process runs: activations rounded to the blocks of its dot products, GELU from its F16 table.
    /// For telling a fault from rounding, and for serving (<see cref="ModelOptions.Arithmetic"/>). An engine that rounds otherwise, such as a GPU's, agrees with neither to the last digit.</summary>
    Ggml,
}
