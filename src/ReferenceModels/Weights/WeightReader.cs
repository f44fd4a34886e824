using Engine;
using Engine.Gguf;

namespace ReferenceModels.Weights;

/// <summary>
/// Reads a file's tensors by name and by the shape the model expects, at the place where the model uses them.
/// <see cref="Enter"/> descends one level of the names: <c>reader.Enter("blk.3").Matrix("attn_k.weight", …)</c>.
/// </summary>
/// <remarks>The weights point into the file's mapping: the file must live as long as they do.</remarks>
internal sealed class WeightReader
{
    private readonly GgufFile _file;
    private readonly string _prefix;
    private readonly bool _trainable;
    private readonly HashSet<string> _used;
    private readonly List<Weight> _given;

    /// <summary>A reader at the root of the file's names.</summary>
    /// <param name="trainable">Whether to return F32 copies with gradients instead of frozen weights in place.</param>
    public WeightReader(GgufFile file, bool trainable = false) : this(file, "", trainable, new HashSet<string>(StringComparer.Ordinal), []) { }

    private WeightReader(GgufFile file, string prefix, bool trainable, HashSet<string> used, List<Weight> given) =>
        (_file, _prefix, _trainable, _used, _given) = (file, prefix, trainable, used, given);

    /// <summary>The weights returned so far by this reader and all readers with the same root, each once, in the order requested.</summary>
    public IReadOnlyList<Weight> Given => _given;

    /// <summary>A reader for the names that begin with the prefix and a dot.</summary>
    public WeightReader Enter(string prefix) => new(_file, $"{_prefix}{prefix}.", _trainable, _used, _given);

    /// <summary>Whether the file has the tensor.</summary>
    public bool Has(string name) => _file.FindTensor(_prefix + name) is not null;

    /// <summary>A matrix (rows, columns) = (out, in); ggml writes its shape (in, out).</summary>
    /// <param name="name">The name after the prefix.</param>
    /// <param name="rows">out.</param>
    /// <param name="columns">in.</param>
    /// <param name="origin">Where the numbers come from, for the error message: <c>head_count_kv 4 × head_dim 8</c>.</param>
    /// <exception cref="ModelFileException">It is absent or has another shape.</exception>
    public Weight Matrix(string name, int rows, int columns, string? origin = null) =>
        OptionalMatrix(name, rows, columns, origin) ?? throw Missing(name, $"({columns}, {rows})", origin);

    /// <summary>As <see cref="Matrix"/>; null if the file has no such tensor.</summary>
    public Weight? OptionalMatrix(string name, int rows, int columns, string? origin = null) =>
        Find(name, [columns, rows], origin) is { } tensor ? Read(tensor, rows, columns) : null;

    /// <summary>The matrices (rows, columns) of experts in one tensor, (columns, rows, experts) in ggml's order.</summary>
    /// <exception cref="ModelFileException">It is absent or has another shape.</exception>
    public Weight Experts(string name, int experts, int rows, int columns, string origin) =>
        Find(name, [columns, rows, experts], origin) is { } tensor
            ? Read(tensor, checked(experts * rows), columns, experts) : throw Missing(name, $"({columns}, {rows}, {experts})", origin);

    /// <summary>A vector (n), in F32 whatever the file's format.</summary>
    /// <exception cref="ModelFileException">It is absent or has another shape.</exception>
    public Weight Vector(string name, int n, string? origin = null) =>
        OptionalVector(name, n, origin) ?? throw Missing(name, $"({n})", origin);

    /// <summary>As <see cref="Vector"/>; null if the file has no such tensor.</summary>
    public Weight? OptionalVector(string name, int n, string? origin = null)
    {
        Weight? vector = Find(name, [n], origin) is { } tensor ? Read(tensor, 1, n) : null;
        return vector is null or { Type: GgmlType.F32 } ? vector : Weight.CopyToF32(vector);
    }

    /// <summary>As <see cref="OptionalVector"/>, for numbers that are never trained: always frozen.</summary>
    public Weight? OptionalConstant(string name, int n, string? origin = null) =>
        new WeightReader(_file, _prefix, trainable: false, _used, _given).OptionalVector(name, n, origin);

    /// <summary>Refuses a file with tensors that were never requested: they belong to another model.</summary>
    /// <param name="ignored">Names that may remain, each with the reason; null for none.</param>
    /// <exception cref="ModelFileException">There are others.</exception>
    public void RequireAllUsed(IReadOnlyDictionary<string, string>? ignored = null)
    {
        string[] left = [.. _file.Tensors.Select(tensor => tensor.Name).Where(name => !_used.Contains(name) && ignored?.ContainsKey(name) is not true)];
        if (left.Length > 0)
        {
            string names = string.Join(", ", left.Take(3).Select(name => $"'{name}'")) + (left.Length > 3 ? $" and {left.Length - 3} more" : "");
            throw new ModelFileException($"Loading {_file.FileName}: expected only tensors that its architecture has, found {names} besides. The weights belong to another architecture than the metadata says, or the file needs a newer version.");
        }
    }

    private unsafe Weight Read(GgufTensor tensor, int rows, int columns, int experts = 1)
    {
        Weight frozen = Weight.Frozen(tensor.Name, tensor.Type, rows, columns, _file.GetPointer(tensor), experts);
        if (!_trainable)
        {
            _given.Add(frozen);
            return frozen;
        }
        Weight trainable = Weight.Trainable(tensor.Name, rows, columns, experts);
        for (int row = 0; row < rows; row++)
        {
            frozen.ReadRow(row, trainable.Values.AsSpan(row * columns, columns));
        }
        _given.Add(trainable);
        return trainable;
    }

    private GgufTensor? Find(string name, int[] shape, string? origin)
    {
        if (_file.FindTensor(_prefix + name) is not { } tensor)
        {
            return null;
        }
        _used.Add(tensor.Name);
        // A trailing 1 is insignificant: (64, 1) is (64).
        int dimensions = tensor.Shape.Count;
        while (dimensions > shape.Length && tensor.Shape[dimensions - 1] == 1)
        {
            dimensions--;
        }
        bool same = dimensions <= shape.Length;
        for (int i = 0; same && i < shape.Length; i++)
        {
            same = shape[i] == (i < dimensions ? tensor.Shape[i] : 1);
        }
        return same ? tensor : throw new ModelFileException(
            $"Loading '{tensor.Name}' from {_file.FileName}: expected ({string.Join(", ", shape)}){From(origin)}, file has {tensor.ShapeText}. The file's metadata and its tensors disagree; convert it again.");
    }

    private ModelFileException Missing(string name, string shape, string? origin) =>
        new($"Loading '{_prefix}{name}' from {_file.FileName}: expected a tensor {shape}{From(origin)}, but the file has none of this name. Convert the model again.");

    private static string From(string? origin) => origin is null ? "" : $" from {origin}";
}
