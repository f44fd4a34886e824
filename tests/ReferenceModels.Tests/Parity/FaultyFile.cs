using System.Runtime.InteropServices;
using Engine.Gguf;

namespace ReferenceModels.Tests.Parity;

/// <summary>A copy of a GGUF file with a fault in it, which looks to the other side like a wrong implementation or a damaged file.</summary>
/// <param name="source">The correct file.</param>
/// <param name="target">Where the copy is written.</param>
internal sealed class FaultyFile(string source, string target)
{
    private readonly Dictionary<string, Func<byte[], byte[]>> _changes = [];
    private readonly Dictionary<string, string> _swaps = [];
    private readonly HashSet<string> _dropped = [];
    private readonly Dictionary<string, GgufValue?> _metadata = [];

    /// <summary>Multiplies a tensor of F32, or, given an index, one of its weights.</summary>
    public FaultyFile Scale(string tensor, float factor, int? index = null) => Change(tensor, data =>
    {
        Span<float> values = MemoryMarshal.Cast<byte, float>(data.AsSpan());
        for (int i = index ?? 0; i < (index + 1 ?? values.Length); i++)
        {
            values[i] *= factor;
        }
        return data;
    });

    /// <summary>Multiplies the half-precision scales of a tensor's blocks, or, given indices, only those of some blocks.</summary>
    public FaultyFile ScaleBlocks(string tensor, float factor, int blockBytes, int[] offsets, int? index = null) => Change(tensor, data =>
    {
        for (int block = index ?? 0; block < (index + 1 ?? data.Length / blockBytes); block++)
        {
            foreach (int offset in offsets)
            {
                Span<byte> scale = data.AsSpan(block * blockBytes + offset);
                MemoryMarshal.Write(scale, (Half)((float)MemoryMarshal.Read<Half>(scale) * factor));
            }
        }
        return data;
    });

    /// <summary>Swaps the first two of a tensor's equal parts, such as the heads of a projection.</summary>
    public FaultyFile SwapParts(string tensor, int parts) => Change(tensor, data =>
    {
        int length = data.Length / parts;
        return [.. data[length..(2 * length)], .. data[..length], .. data[(2 * length)..]];
    });

    /// <summary>Swaps two tensors of the same shape.</summary>
    public FaultyFile Swap(string a, string b)
    {
        (_swaps[a], _swaps[b]) = (b, a);
        return this;
    }

    public FaultyFile Drop(string tensor)
    {
        _dropped.Add(tensor);
        return this;
    }

    /// <summary>Sets a key, or removes it if the value is null.</summary>
    public FaultyFile Set(string key, GgufValue? value)
    {
        _metadata[key] = value;
        return this;
    }

    /// <summary>Writes the copy and returns its path.</summary>
    public string Write()
    {
        using GgufFile file = GgufFile.Open(source);
        var writer = new GgufWriter();
        foreach (string key in file.Metadata.Keys)
        {
            if ((_metadata.TryGetValue(key, out GgufValue? value) ? value : file.Metadata[key]) is { } kept)
            {
                writer.SetMetadata(key, kept);
            }
        }
        foreach ((string key, GgufValue? value) in _metadata.Where(pair => pair.Value is not null && file.Metadata[pair.Key] is null))
        {
            writer.SetMetadata(key, value!);
        }
        int changed = _metadata.Count + _dropped.Count(name => file.FindTensor(name) is not null);
        foreach (GgufTensor tensor in file.Tensors.Where(tensor => !_dropped.Contains(tensor.Name)))
        {
            GgufTensor from = _swaps.TryGetValue(tensor.Name, out string? other) ? file.FindTensor(other)! : tensor;
            byte[] data = file.GetData(from, 0, (int)from.ByteLength).ToArray();
            bool faulty = _changes.TryGetValue(tensor.Name, out Func<byte[], byte[]>? change);
            writer.AddTensor(tensor.Name, tensor.Shape, tensor.Type, faulty ? change!(data) : data);
            changed += (faulty ? 1 : 0) + (other is null ? 0 : 1);
        }
        Assert.Equal(_metadata.Count + _dropped.Count + _changes.Count + _swaps.Count, changed);
        writer.Write(target);
        return target;
    }

    private FaultyFile Change(string tensor, Func<byte[], byte[]> change)
    {
        _changes.Add(tensor, change);
        return this;
    }
}
