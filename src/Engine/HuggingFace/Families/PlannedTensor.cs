using Engine.Gguf;

namespace Engine.HuggingFace.Families;

/// <summary>A tensor of the file to be written.</summary>
/// <param name="Name">llama.cpp's name.</param>
/// <param name="Shape">The lengths, fastest dimension first.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Write">Writes its data, reading only then what it needs.</param>
internal sealed record PlannedTensor(string Name, IReadOnlyList<long> Shape, GgmlType Type, Action<Stream> Write)
{
    /// <summary>The number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, length) => product * length);
}
