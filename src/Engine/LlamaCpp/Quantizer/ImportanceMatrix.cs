using System.Buffers;
using System.Runtime.InteropServices;
using Engine.Gguf;
using Engine.LlamaCpp.Interop;

namespace Engine.LlamaCpp.Quantizer;

/// <summary>How much each input of each weight matters: the mean square of its activations, as llama.cpp's llama-imatrix
/// collects them. Tensors <c>X.in_sum2</c> (in, experts) and <c>X.counts</c> (1, experts), F32, in a GGUF file.</summary>
/// <param name="Rows">Per tensor of the model, one number for each of its inputs, expert by expert.</param>
internal sealed record ImportanceMatrix(IReadOnlyDictionary<string, float[]> Rows)
{
    private const string Sums = ".in_sum2", Counts = ".counts";

    /// <exception cref="ModelFileException">It is not such a file.</exception>
    public static ImportanceMatrix Read(string path)
    {
        using GgufFile file = GgufFile.Open(path);
        var rows = new Dictionary<string, float[]>();
        foreach (GgufTensor sums in file.Tensors.Where(tensor => tensor.Name.EndsWith(Sums, StringComparison.Ordinal)))
        {
            string name = sums.Name[..^Sums.Length];
            GgufTensor counts = file.FindTensor(name + Counts) ?? throw Refuse(path, $"'{name}{Counts}' beside '{sums.Name}'", "none");
            rows[name] = Means(path, Floats(file, sums), Floats(file, counts), name);
        }
        return rows.Count > 0 ? new(rows) : throw Refuse(path, $"tensors named *{Sums}", $"{file.Tensors.Count} tensors of other names");
    }

    /// <summary>Pins the numbers for native code until disposal.</summary>
    public Pinned Pin() => new(Rows);

    private static float[] Means(string path, float[] sums, float[] counts, string name)
    {
        if (counts.Length == 0 || sums.Length % counts.Length != 0)
        {
            throw Refuse(path, $"as many sums of '{name}' for each count", $"{sums.Length} sums and {counts.Length} counts");
        }
        int inputs = sums.Length / counts.Length;
        // If no token has reached an expert, all its inputs have the same importance, as in llama-quantize.
        return [.. sums.Select((sum, i) => MathF.Round(counts[i / inputs]) is > 0 and { } count ? sum / count : 1)];
    }

    private static float[] Floats(GgufFile file, GgufTensor tensor) => tensor.Type == GgmlType.F32
        ? MemoryMarshal.Cast<byte, float>(file.GetData(tensor, 0, checked((int)tensor.ByteLength))).ToArray()
        : throw Refuse(file.Path, $"'{tensor.Name}' in f32", tensor.TypeName);

    private static ModelFileException Refuse(string path, string expected, string found) => new(
        $"Reading the importance matrix '{Path.GetFileName(path)}': expected {expected}, found {found}. Give a GGUF file that llama-imatrix has written.");

    /// <summary>An array of <c>llama_model_imatrix_data</c>, ended by an empty one, and what it points to.</summary>
    internal sealed unsafe class Pinned : IDisposable
    {
        private readonly List<MemoryHandle> _pins = [];
        private readonly List<nint> _names = [];

        public Pinned(IReadOnlyDictionary<string, float[]> rows)
        {
            var entries = new llama_model_imatrix_data[rows.Count + 1];
            int next = 0;
            foreach ((string name, float[] values) in rows)
            {
                _pins.Add(values.AsMemory().Pin());
                _names.Add(Marshal.StringToCoTaskMemUTF8(name));
                entries[next++] = new() { name = _names[^1], data = (nint)_pins[^1].Pointer, size = (nuint)values.Length };
            }
            _pins.Add(entries.AsMemory().Pin());
            Entries = (llama_model_imatrix_data*)_pins[^1].Pointer;
        }

        public llama_model_imatrix_data* Entries { get; }

        public void Dispose()
        {
            _pins.ForEach(pin => pin.Dispose());
            _names.ForEach(Marshal.FreeCoTaskMem);
        }
    }
}
