using System.Text;
using System.Text.Json.Nodes;

namespace Engine.HuggingFace.Exporting;

/// <summary>Writes a safetensors file.</summary>
internal static class SafetensorsOutput
{
    // The alignment of the data in Hugging Face's own writer.
    private const int Alignment = 8;

    /// <summary>Writes a file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="tensors">The tensors, in the order of their data.</param>
    /// <param name="progress">The fraction of the bytes written.</param>
    /// <param name="cancellationToken">Takes effect between tensors.</param>
    public static void Write(string path, IReadOnlyList<ExportedTensor> tensors, IProgress<float>? progress, CancellationToken cancellationToken)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["format"] = "pt" } };
        long all = 0;
        foreach (ExportedTensor tensor in tensors)
        {
            header[tensor.Name] = new JsonObject
            {
                ["dtype"] = tensor.Type,
                ["shape"] = new JsonArray([.. tensor.Shape.Select(length => (JsonNode)length)]),
                ["data_offsets"] = new JsonArray(all, all + tensor.Bytes),
            };
            all += tensor.Bytes;
        }
        byte[] text = Encoding.UTF8.GetBytes(header.ToJsonString());
        int padded = (text.Length + Alignment - 1) / Alignment * Alignment;
        using var stream = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, bufferSize: 1 << 20);
        stream.Write(BitConverter.GetBytes((ulong)padded));
        stream.Write(text);
        stream.Write(Encoding.UTF8.GetBytes(new string(' ', padded - text.Length)));
        long done = 0;
        foreach (ExportedTensor tensor in tensors)
        {
            cancellationToken.ThrowIfCancellationRequested();
            tensor.Write(stream);
            progress?.Report((float)(done += tensor.Bytes) / Math.Max(1, all));
        }
    }
}
