using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>Keys and values of one sequence's positions so far, per layer, in F32.</summary>
/// <remarks>Memory grows with the positions held, doubling each time but never beyond the capacity.</remarks>
internal sealed class KeyValueCache : ISequenceCache
{
    // Positions that the first allocation holds.
    private const int FirstPositions = 64;

    private readonly float[][] _keys;      // per layer (room, width)
    private readonly float[][] _values;    // per layer (room, width)
    private readonly (Tensor K, Tensor V)[] _taped;   // per layer, what a pass with a tape appended
    private readonly int _width;

    /// <summary>An empty cache.</summary>
    /// <param name="layers">Number of layers.</param>
    /// <param name="width">Width of a position's keys: key/value heads × head size.</param>
    /// <param name="capacity">Positions it can hold.</param>
    public KeyValueCache(int layers, int width, int capacity)
    {
        (_width, Capacity) = (width, capacity);
        _keys = [.. Enumerable.Repeat<float[]>([], layers)];
        _values = [.. Enumerable.Repeat<float[]>([], layers)];
        _taped = new (Tensor, Tensor)[layers];
    }

    /// <summary>Positions it can hold.</summary>
    public int Capacity { get; }

    /// <summary>Positions it holds.</summary>
    public int Length { get; private set; }

    /// <summary>Bytes of a full cache.</summary>
    public static long Bytes(int layers, int width, int capacity) => 2L * sizeof(float) * layers * width * capacity;

    /// <summary>Forgets all positions but keeps the memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends a layer's keys and values to the positions held.</summary>
    /// <param name="pass">Under a tape, the new tensors themselves are returned: the backward pass needs them, and the cache is empty.</param>
    /// <param name="K">(T, width).</param>
    /// <param name="V">(T, width).</param>
    /// <returns>All keys and values, including the new ones, (Length + T, width) each.</returns>
    public (Tensor K, Tensor V) Append(Pass pass, int layer, Tensor K, Tensor V)
    {
        if (pass.Tape is not null && Length == 0)
        {
            return _taped[layer] = (K, V);
        }
        int n = Length + K.Rows;
        Reserve(layer, n);
        K.Values.CopyTo(_keys[layer].AsSpan(Length * _width));
        V.Values.CopyTo(_values[layer].AsSpan(Length * _width));
        return (new Tensor(_keys[layer], 0, n, _width), new Tensor(_values[layer], 0, n, _width));
    }

    /// <summary>A layer's keys and values of the positions held, (Length, width) each.</summary>
    /// <param name="pass">Under a tape, the same tensors that were appended are returned, with their gradients.</param>
    public (Tensor K, Tensor V) Read(Pass pass, int layer) => pass.Tape is not null
        ? _taped[layer]
        : (new Tensor(_keys[layer], 0, Length, _width), new Tensor(_values[layer], 0, Length, _width));

    /// <summary>Adds the positions that every layer has appended to <see cref="Length"/>.</summary>
    public void Advance(int positions) => Length += positions;

    (PagedRows K, PagedRows V) ISequenceCache.Append(Pass pass, int layer, Tensor K, Tensor V) => Append(pass, layer, K, V);

    private void Reserve(int layer, int positions)
    {
        if ((long)_keys[layer].Length >= (long)positions * _width)
        {
            return;
        }
        int room = (int)Math.Min(Capacity, Math.Max(Math.Max(FirstPositions, positions), 2L * Length));
        (_keys[layer], _values[layer]) = (Larger(_keys[layer], room), Larger(_values[layer], room));
    }

    private float[] Larger(float[] rows, int room)
    {
        float[] larger = GC.AllocateUninitializedArray<float>(checked(room * _width));
        rows.AsSpan(0, Math.Min(rows.Length, Length * _width)).CopyTo(larger);
        return larger;
    }
}
