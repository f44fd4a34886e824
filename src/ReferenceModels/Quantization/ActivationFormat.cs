namespace ReferenceModels.Quantization;

/// <summary>What ggml turns activations into before it multiplies them with a weight (vec_dot_type of its CPU backend).</summary>
internal enum ActivationFormat
{
    /// <summary>Left as they are.</summary>
    F32,

    /// <summary>Rounded to IEEE binary16.</summary>
    F16,

    /// <summary>Rounded to the upper half of a binary32.</summary>
    BF16,

    /// <summary>Blocks of 32: 8-bit integers and a scale in F16.</summary>
    Q8_0,

    /// <summary>As <see cref="Q8_0"/> with the block's sum in F16, for weights with minima.</summary>
    Q8_1,

    /// <summary>Blocks of 256: 8-bit integers and a scale in F32.</summary>
    Q8_K,
}
