using Engine.Gguf;

namespace Engine.HuggingFace.Families;

/// <summary>A tensor of the file that is going to be written.</summary>
/// <param name="Name">llama.cpp's.</param>
/// <param name="Shape">Lengths, the fastest first.</param>
/// <param name="Type">How it is stored.</param>
/// <param name="Write">Writes its data, reading what it needs then.</param>
internal sealed record PlannedTensor(string Name, IReadOnlyList<long> Shape, GgmlType Type, Action<Stream> Write)
{
    /// <summary>Number of elements.</summary>
    public long Elements => Shape.Aggregate(1L, (product, length) => product * length);
}
