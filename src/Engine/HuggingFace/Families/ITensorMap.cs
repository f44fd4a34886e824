namespace Engine.HuggingFace.Families;

/// <summary>How transformers' tensors correspond to llama.cpp's, stated once for both directions: <see cref="TensorMap"/> for the import
/// and <see cref="Exporting.TensorExport"/> for the export.</summary>
internal interface ITensorMap
{
    /// <summary>A matrix (rows, columns) = (out, in).</summary>
    /// <param name="ours">llama.cpp's name, without <c>.weight</c>.</param>
    /// <param name="theirs">Hugging Face's.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    void Matrix(string ours, string theirs, int rows, int columns);

    /// <summary>A matrix whose rows are pairs of rotated elements: transformers rotates element i of a head with element i + d_k/2,
    /// llama.cpp rotates neighbours.</summary>
    void Rotated(string ours, string theirs, int heads, int headRows, int columns);

    /// <summary>A matrix that transformers stores as (in, out), namely its Conv1D.</summary>
    void Transposed(string ours, string theirs, int rows, int columns);

    /// <summary>Matrices (rows, columns) of experts, which llama.cpp stores as a single tensor, one expert after another.</summary>
    /// <param name="ours">llama.cpp's name, without <c>.weight</c>.</param>
    /// <param name="theirs">Hugging Face's name, by the number of the expert.</param>
    /// <param name="experts">The number of experts.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    void Experts(string ours, Func<int, string> theirs, int experts, int rows, int columns);

    /// <summary>A matrix that llama.cpp expects in F32: a table of positions, segments or distances, or the router of experts.</summary>
    void Table(string ours, string theirs, int rows, int columns);

    /// <summary>A gain or a bias, a vector in F32.</summary>
    /// <param name="ours">llama.cpp's full name.</param>
    /// <param name="theirs">Hugging Face's.</param>
    /// <param name="scale">The factor from transformers' values to llama.cpp's.</param>
    /// <param name="shift">The number added after that.</param>
    void Vector(string ours, string theirs, int length, double scale = 1, double shift = 0);

    /// <summary>The bias of <see cref="Rotated"/>.</summary>
    void RotatedVector(string ours, string theirs, int heads, int headRows);

    /// <summary>Numbers from the configuration, which are not a tensor in transformers.</summary>
    void Values(string ours, float[] values);

    /// <summary>An optional tensor of transformers that llama.cpp does not use.</summary>
    void Ignore(string theirs);
}
