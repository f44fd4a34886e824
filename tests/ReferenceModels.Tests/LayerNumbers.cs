using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>Metadata that have a number once for each layer, as llama.cpp reads it.</summary>
internal static class LayerNumbers
{
    /// <summary>Two layers with the default numbers of the random models.</summary>
    public static Action<GgufWriter> Of(string architecture, uint heads, uint groups, uint inner) => writer =>
    {
        writer.SetMetadata($"{architecture}.attention.head_count", new[] { heads, heads });
        writer.SetMetadata($"{architecture}.attention.head_count_kv", new[] { (int)groups, (int)groups }); // signed numbers are also accepted
        writer.SetMetadata($"{architecture}.feed_forward_length", new[] { inner, inner });
    };
}
