using Engine.Gguf;

namespace Engine.Host.Tests.Commands.Inspection;

/// <summary>A model's header with the data left out: the file is as long as it says and sparse, so 2.4 GB take no room.</summary>
internal abstract class SparseHeader<T> where T : SparseHeader<T>
{
    private readonly OrderedDictionary<string, GgufValue> _metadata = [];
    private readonly List<GgufTensor> _tensors = [];
    private long _length;

    public T Tensor(string name, GgmlType type, params long[] shape)
    {
        var tensor = new GgufTensor(name, shape, type, 0, _length);
        _tensors.Add(tensor);
        _length += (tensor.ByteLength + 31) / 32 * 32;
        return (T)this;
    }

    public T Set(string key, GgufValue value)
    {
        _metadata[key] = value;
        return (T)this;
    }

    public string Write(string path)
    {
        using FileStream stream = File.Create(path);
        GgufHeaderWriter.Write(stream, _metadata, _tensors);
        stream.SetLength((stream.Length + 31) / 32 * 32 + _length);
        return path;
    }
}
