namespace ReferenceModels.Quantization;

/// <summary>The format ggml converts activations to before it multiplies them with a weight (vec_dot_type in its CPU backend).</summary>
internal enum ActivationFormat
{
    /// <summary>Unchanged.</summary>
    F32,

    /// <summary>Rounded to IEEE binary16.</summary>
    F16,

    /// <summary>Rounded to the upper half of a binary32.</summary>
    BF16,

    /// <summary>Blocks of 32: 8-bit integers and a scale in F16.</summary>
    Q8_0,

    /// <summary><see cref="Q8_0"/> plus the block's sum in F16, for weights with minima.</summary>
    Q8_1,

    /// <summary>Blocks of 256: 8-bit integers and a scale in F32.</summary>
    Q8_K,
}
