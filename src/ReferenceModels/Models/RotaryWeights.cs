using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>All weights of LLaMA or a descendant.</summary>
/// <typeparam name="TLayer">One layer's weights.</typeparam>
/// <param name="TokenEmbd">(V, d).</param>
/// <param name="Layers">N of them.</param>
/// <param name="OutputNorm">(d).</param>
/// <param name="Output">(V, d); the token embedding itself if the two are tied.</param>
internal sealed record RotaryWeights<TLayer>(Weight TokenEmbd, IReadOnlyList<TLayer> Layers, Weight OutputNorm, Weight Output)
{
    /// <summary>(V), added to the logits; optional in Qwen2.</summary>
    public Weight? OutputBias { get; init; }

    /// <summary>Reads the weights.</summary>
    /// <param name="w">A reader at the root of the names.</param>
    /// <param name="c">The sizes.</param>
    /// <param name="layer">Reads one layer's weights.</param>
    public static RotaryWeights<TLayer> Read(WeightReader w, RotaryConfig c, Func<WeightReader, RotaryConfig, TLayer> layer)
    {
        string fromV = $"embedding_length {c.d} and {c.V} tokens";
        Weight embedding = w.Matrix("token_embd.weight", c.V, c.d, fromV);
        return new RotaryWeights<TLayer>(
            embedding,
            [.. Enumerable.Range(0, c.N).Select(i => layer(w.Enter($"blk.{i}"), c))],
            w.Vector("output_norm.weight", c.d, $"embedding_length {c.d}"),
            w.OptionalMatrix("output.weight", c.V, c.d, fromV) ?? embedding);
    }
}
