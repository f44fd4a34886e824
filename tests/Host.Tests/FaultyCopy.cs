using System.Runtime.InteropServices;
using Engine.Gguf;

namespace Engine.Host.Tests;

/// <summary>A copy of the real F32 weights in which one value of <c>blk.2.ffn_down.weight</c> is multiplied, or all are.</summary>
internal sealed class FaultyCopy : IDisposable
{
    private const string Tensor = "blk.2.ffn_down.weight";

    private readonly TemporaryFolder _folder = new();

    private FaultyCopy(byte[] bytes) => Path = _folder.File("faulty.gguf", bytes);

    public string Path { get; }

    /// <param name="factor">What the value is multiplied by.</param>
    /// <param name="index">Which value; the first by default, of middling size.</param>
    public static FaultyCopy OfF32(float factor, int index = 0) => Of(factor, index, 1);

    /// <summary>The same of all values of the tensor.</summary>
    /// <param name="factor">What the values are multiplied by.</param>
    public static FaultyCopy OfWholeTensor(float factor) => Of(factor, 0, count: null);

    private static FaultyCopy Of(float factor, int index, int? count)
    {
        string source = TestData.Model("aidreams260K-f32.gguf");
        byte[] bytes = File.ReadAllBytes(source);
        byte[] row;
        int values;
        using (GgufFile file = GgufFile.Open(source))
        {
            GgufTensor tensor = file.FindTensor(Tensor)!;
            row = file.GetData(tensor, 0, 256).ToArray();
            values = count ?? (int)(tensor.ByteLength / sizeof(float));
        }
        // The row's bytes are unique in the file, which spares knowing how the data's offset is found.
        int start = bytes.AsSpan().IndexOf(row) + (index * sizeof(float));
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes.AsSpan(start, values * sizeof(float))))
        {
            value *= factor;
        }
        return new FaultyCopy(bytes);
    }

    public void Dispose() => _folder.Dispose();
}
