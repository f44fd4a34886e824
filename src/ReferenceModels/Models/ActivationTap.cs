using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>Collects intermediate tensors of passes under llama.cpp's names, so that the two sides can be joined by them.</summary>
/// <param name="names">The names asked for, such as <c>l_out-0</c>.</param>
internal sealed class ActivationTap(IEnumerable<string> names)
{
    private readonly HashSet<string> _names = new(names, StringComparer.Ordinal);
    private readonly Dictionary<(string Name, string Operation), int> _seen = [];
    private readonly OrderedDictionary<(string Name, string Operation, int Occurrence), (int Columns, int HeadSize, List<float> Values)> _taken = [];

    /// <summary>Says that another stretch of tokens follows; its rows are added to those of the last.</summary>
    public void BeginBlock() => _seen.Clear();

    /// <summary>Whether a tensor is asked for that would be worked out for its own sake.</summary>
    public bool Wants(string name, int layer) => _names.Contains(FullName(name, layer));

    /// <summary>Takes a copy, if the name is asked for.</summary>
    /// <param name="name">llama.cpp's, without the layer.</param>
    /// <param name="layer">The layer, or -1 where the name has none.</param>
    /// <param name="operation">ggml's name of the operation.</param>
    /// <param name="x">(T, columns).</param>
    /// <param name="headSize">Set where llama.cpp has the tensor as (head size, heads, T).</param>
    public void Take(string name, int layer, string operation, Tensor x, int headSize = 0)
    {
        string fullName = FullName(name, layer);
        if (!_names.Contains(fullName))
        {
            return;
        }
        int occurrence = _seen.GetValueOrDefault((fullName, operation));
        _seen[(fullName, operation)] = occurrence + 1;
        if (!_taken.TryGetValue((fullName, operation, occurrence), out (int, int, List<float> Values) taken))
        {
            taken = (x.Columns, headSize, []);
            _taken.Add((fullName, operation, occurrence), taken);
        }
        taken.Values.AddRange(x.Values);
    }

    /// <summary>What was taken, in the order of the pass.</summary>
    public IReadOnlyList<Activation> Activations() =>
    [
        .. _taken.Select(entry =>
        {
            (int columns, int headSize, List<float> values) = entry.Value;
            long rows = values.Count / columns;
            long[] shape = headSize == 0 ? [columns, rows] : [headSize, columns / headSize, rows];
            return new Activation(entry.Key.Name, entry.Key.Operation, entry.Key.Occurrence, shape, [.. values]);
        }),
    ];

    private static string FullName(string name, int layer) => layer < 0 ? name : $"{name}-{layer}";
}
