namespace Engine.HuggingFace.Families;

/// <summary>How transformers' tensors correspond to llama.cpp's, stated once for both directions: <see cref="TensorMap"/> imports,
/// the export goes the other way.</summary>
internal interface ITensorMap
{
    /// <summary>A matrix (rows, columns) = (out, in).</summary>
    /// <param name="ours">llama.cpp's name, without <c>.weight</c>.</param>
    /// <param name="theirs">Hugging Face's.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    void Matrix(string ours, string theirs, int rows, int columns);

    /// <summary>A matrix whose rows are the pairs of rotated heads: transformers turns element i of a head with element i + d_k/2,
    /// llama.cpp turns neighbours.</summary>
    void Rotated(string ours, string theirs, int heads, int headRows, int columns);

    /// <summary>A matrix that transformers stores as (in, out): its Conv1D.</summary>
    void Transposed(string ours, string theirs, int rows, int columns);

    /// <summary>Matrices (rows, columns) of experts, which llama.cpp stores as one tensor, one expert after another.</summary>
    /// <param name="ours">llama.cpp's name, without <c>.weight</c>.</param>
    /// <param name="theirs">Hugging Face's, by the number of the expert.</param>
    /// <param name="experts">How many.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    void Experts(string ours, Func<int, string> theirs, int experts, int rows, int columns);

    /// <summary>A matrix that llama.cpp wants in F32: a table of positions, segments or distances, or what chooses experts.</summary>
    void Table(string ours, string theirs, int rows, int columns);

    /// <summary>A vector, in F32: a gain or a bias.</summary>
    /// <param name="ours">llama.cpp's name, whole.</param>
    /// <param name="theirs">Hugging Face's.</param>
    /// <param name="scale">What transformers' is multiplied by to be llama.cpp's.</param>
    /// <param name="shift">What is added to it.</param>
    void Vector(string ours, string theirs, int length, double scale = 1, double shift = 0);

    /// <summary>The bias of <see cref="Rotated"/>.</summary>
    void RotatedVector(string ours, string theirs, int heads, int headRows);

    /// <summary>Numbers from the configuration that are not a tensor in transformers.</summary>
    void Values(string ours, float[] values);

    /// <summary>An optional tensor of transformers that llama.cpp does not use.</summary>
    void Ignore(string theirs);
}
