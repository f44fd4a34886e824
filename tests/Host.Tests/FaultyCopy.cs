using Engine.Gguf;

namespace Engine.Host.Tests;

/// <summary>A copy of the real F32 weights in which one value of <c>blk.2.ffn_down.weight</c> is multiplied.</summary>
internal sealed class FaultyCopy : IDisposable
{
    private const string Tensor = "blk.2.ffn_down.weight";

    private readonly TemporaryFolder _folder = new();

    private FaultyCopy(byte[] bytes) => Path = _folder.File("faulty.gguf", bytes);

    public string Path { get; }

    /// <param name="factor">What the value is multiplied by.</param>
    /// <param name="index">Which value; the first by default, of middling size.</param>
    public static FaultyCopy OfF32(float factor, int index = 0)
    {
        string source = TestData.Model("aidreams260K-f32.gguf");
        byte[] bytes = File.ReadAllBytes(source);
        byte[] value = new byte[sizeof(float)];
        byte[] row;
        using (GgufFile file = GgufFile.Open(source))
        {
            row = file.GetData(file.FindTensor(Tensor)!, 0, 256).ToArray();
        }
        // The row's bytes are unique in the file, which spares knowing how the data's offset is found.
        int start = bytes.AsSpan().IndexOf(row) + (index * sizeof(float));
        BitConverter.TryWriteBytes(value, BitConverter.ToSingle(bytes, start) * factor);
        value.CopyTo(bytes, start);
        return new FaultyCopy(bytes);
    }

    public void Dispose() => _folder.Dispose();
}
