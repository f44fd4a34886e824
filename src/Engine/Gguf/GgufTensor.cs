namespace Engine.Gguf;

/// <summary>The record of one tensor in a file. The data stays in the mapping.</summary>
/// <param name="Name">The name, such as <c>blk.0.attn_q.weight</c>.</param>
/// <param name="Shape">The lengths in ggml's order, beginning with ne[0], the fastest dimension, which for a weight is its inputs. A weight of shape
/// (in, out) is a row-major (out, in) matrix.</param>
/// <param name="Type">How the elements are stored.</param>
/// <param name="Part">Which part of a split file holds the data, from 0.</param>
/// <param name="FileOffset">Where the data begins in that part.</param>
public sealed record GgufTensor(string Name, IReadOnlyList<long> Shape, GgmlType Type, int Part, long FileOffset)
{
    /// <summary>The number of elements.</summary>
    public long Elements { get; } = Shape.Aggregate(1L, (product, length) => checked(product * length));

    /// <summary>The size of the data in bytes.</summary>
    public long ByteLength => GgmlBlock.Of(Type).BytesOf(Elements);

    /// <summary>The format as printed by ggml, such as <c>q4_K</c>.</summary>
    public string TypeName => GgmlBlock.Of(Type).Name;

    /// <summary>The shape as printed in messages, such as <c>(64, 172)</c>.</summary>
    public string ShapeText => $"({string.Join(", ", Shape)})";
}
