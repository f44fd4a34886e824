using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Weights;

namespace ReferenceModels.Training;

/// <summary>Writes a model that has learned: the metadata of the file it began as, its tensors in the same order, what learned in F32.</summary>
internal static class ModelFile
{
    /// <summary>Writes it, under another name first.</summary>
    /// <param name="path">Where to.</param>
    /// <param name="origin">What it began as.</param>
    /// <param name="learned">What learned; other weights may be among them.</param>
    /// <param name="chatTemplate">By which it learned conversations, where the origin has none.</param>
    public static void Write(string path, GgufFile origin, IEnumerable<Weight> learned, string? chatTemplate)
    {
        Dictionary<string, Weight> weights = learned.ToDictionary(weight => weight.Name, StringComparer.Ordinal);
        // Not less than llama.cpp needs, which the origin need not have been written for.
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
