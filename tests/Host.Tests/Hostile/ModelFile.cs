using System.Runtime.InteropServices;
using Engine.Gguf;

namespace Engine.Host.Tests.Hostile;

/// <summary>A model file in parts that a test can take away, replace or spoil before it is written. Weights are random, and the same each time.</summary>
internal sealed class ModelFile
{
    private readonly Dictionary<string, (long[] Shape, float? Value)> _tensors = [];
    private readonly List<string> _order = [];
    private readonly Dictionary<string, Action<GgufWriter>> _metadata = [];
    private readonly List<string> _keys = [];

    public ModelFile Set(string key, string value) => SetWith(key, writer => writer.SetMetadata(key, value));

    public ModelFile Set(string key, params string[] values) => SetWith(key, writer => writer.SetMetadata(key, values));

    public ModelFile Set<T>(string key, T value) where T : unmanaged => SetWith(key, writer => writer.SetMetadata(key, value));

    public ModelFile Set<T>(string key, T[] values) where T : unmanaged => SetWith(key, writer => writer.SetMetadata(key, values));

    public ModelFile Set(string key, GgufValue value) => SetWith(key, writer => writer.SetMetadata(key, value));

    public ModelFile Drop(string key)
    {
        _keys.Remove(key);
        return this;
    }

    /// <summary>Adds or reshapes a tensor, all random or all of one value.</summary>
    public ModelFile Tensor(string name, long[] shape, float? value = null)
    {
        if (_tensors.TryAdd(name, (shape, value)))
        {
            _order.Add(name);
        }
        _tensors[name] = (shape, value);
        return this;
    }

    public ModelFile DropTensor(string name)
    {
        _order.Remove(name);
        _tensors.Remove(name);
        return this;
    }

    public ModelFile DropTensors(Func<string, bool> which)
    {
        _order.Where(which).ToList().ForEach(name => DropTensor(name));
        return this;
    }

    /// <summary>The same tensor with one value everywhere, such as NaN.</summary>
    public ModelFile Fill(string name, float value) => Tensor(name, _tensors[name].Shape, value);

    public byte[] ToBytes()
    {
        var writer = new GgufWriter();
        foreach (string key in _keys)
        {
            _metadata[key](writer);
        }
        var random = new Random(7);
        foreach (string name in _order)
        {
            (long[] shape, float? value) = _tensors[name];
            float[] values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (int i = 0; i < values.Length; i++)
            {
                values[i] = value ?? (name.Contains("norm", StringComparison.Ordinal) ? 1 : (float)(random.NextDouble() - 0.5) * 0.2f);
            }
            writer.AddTensor(name, shape, GgmlType.F32, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
        }
        using var bytes = new MemoryStream();
        writer.Write(bytes);
        return bytes.ToArray();
    }

    private ModelFile SetWith(string key, Action<GgufWriter> set)
    {
        if (!_keys.Contains(key))
        {
            _keys.Add(key);
        }
        _metadata[key] = set;
        return this;
    }
}
