using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Training;

/// <summary>Writes a trained model: the metadata of the original file, and its tensors in the same order, the trained ones in F32.</summary>
internal static class ModelFile
{
    /// <summary>Writes the model, under a temporary name first.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="origin">The file that the training began from.</param>
    /// <param name="learned">The trained weights; others may be among them.</param>
    /// <param name="chatTemplate">The template by which it learned conversations, if the original has none.</param>
    public static void Write(string path, GgufFile origin, IEnumerable<Weight> learned, string? chatTemplate)
    {
        Dictionary<string, Weight> weights = learned.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        // At least what llama.cpp needs; the original may not have been written for llama.cpp.
        var writer = new GgufWriter((int)Math.Max(origin.Metadata.GetUInt32(GgufKeys.Alignment) ?? 0, GgufLimits.DefaultAlignment));
        foreach (string key in origin.Metadata.Keys.Where(key => key != GgufKeys.Alignment))
        {
            writer.SetMetadata(key, origin.Metadata[key]!);
        }
        writer.SetMetadata(GgufKeys.FileType, 0u); // "all F32": nearly all of it is
        if (chatTemplate is not null)
        {
            writer.SetMetadata(GgufKeys.ChatTemplate, chatTemplate);
        }
        foreach (GgufTensor tensor in origin.Tensors)
        {
            if (weights.TryGetValue(tensor.Name, out Weight? weight))
            {
                writer.AddTensor(tensor.Name, tensor.Shape, GgmlType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(weight.Values)));
            }
            else
            {
                writer.AddTensor(tensor.Name, tensor.Shape, tensor.Type, stream => Copy(origin, tensor, stream));
            }
        }
        writer.Write(path);
    }

    private static void Copy(GgufFile origin, GgufTensor tensor, Stream stream)
    {
        const int Block = 1 << 20;
        for (long at = 0; at < tensor.ByteLength; at += Block)
        {
            stream.Write(origin.GetData(tensor, at, (int)Math.Min(Block, tensor.ByteLength - at)));
        }
    }
}
