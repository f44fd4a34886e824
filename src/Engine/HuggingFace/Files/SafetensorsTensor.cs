using System.Buffers;

namespace Engine.HuggingFace.Files;

/// <summary>One tensor of a checkpoint. Its data stays in the file.</summary>
/// <param name="Name">Hugging Face's name, such as <c>model.layers.0.self_attn.q_proj.weight</c>.</param>
/// <param name="Type">How its elements are stored.</param>
/// <param name="Shape">The lengths, slowest dimension first, as in PyTorch: (out, in) for a weight.</param>
/// <param name="File">The file it is in.</param>
/// <param name="Offset">Where its data begins.</param>
internal sealed record SafetensorsTensor(string Name, SafetensorsType Type, IReadOnlyList<long> Shape, SafetensorsFile File, long Offset)
{
    /// <summary>Number of elements.</summary>
    public long Elements { get; } = Shape.Aggregate(1L, (product, length) => product * length); // checked against the file's length

    /// <summary>The number of bytes of the data.</summary>
    public long ByteLength => Elements * Type.Bytes;

    /// <summary>The shape as messages print it.</summary>
    public string ShapeText => $"({string.Join(", ", Shape)})";

    /// <summary>Reads some elements as floats.</summary>
    /// <param name="first">The first element.</param>
    /// <param name="values">Receives them.</param>
    public void Read(long first, Span<float> values)
    {
        byte[] rented = ArrayPool<byte>.Shared.Rent(Math.Min(values.Length * Type.Bytes, 1 << 20));
        int most = rented.Length / Type.Bytes;
        for (int done = 0; done < values.Length; done += most)
        {
            Span<float> part = values.Slice(done, Math.Min(most, values.Length - done));
            Span<byte> bytes = rented.AsSpan(0, part.Length * Type.Bytes);
            File.Read(Offset + ((first + done) * Type.Bytes), bytes);
            Type.ToSingles(bytes, part);
        }
        ArrayPool<byte>.Shared.Return(rented);
    }
}
