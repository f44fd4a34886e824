using System.Runtime.InteropServices;
using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>A GGUF file of the architecture 'transformer', from given tensors or from random ones.</summary>
internal sealed record TransformerFile
{
    public int V { get; init; } = 40;
    public int Width { get; init; } = 16;
    public int Inner { get; init; } = 24;
    public int H { get; init; } = 2;
    public int N { get; init; } = 2;
    public int M { get; init; } = 2;
    public float Epsilon { get; init; } = 1e-5f;
    public int Padding { get; init; } = 1;
    public string? Missing { get; init; }

    /// <summary>Writes given tensors, (out, in) each.</summary>
    public string Write(string path, IEnumerable<(string Name, long[] Shape, byte[] Floats)> tensors)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.architecture", "transformer");
        writer.SetMetadata("general.name", "random");
        writer.SetMetadata("transformer.vocab_size", (uint)V);
        writer.SetMetadata("transformer.context_length", 64u);
        writer.SetMetadata("transformer.embedding_length", (uint)Width);
        writer.SetMetadata("transformer.feed_forward_length", (uint)Inner);
        writer.SetMetadata("transformer.block_count", (uint)N);
        writer.SetMetadata("transformer.decoder_block_count", (uint)M);
        writer.SetMetadata("transformer.attention.head_count", (uint)H);
        writer.SetMetadata("transformer.attention.layer_norm_epsilon", Epsilon);
        writer.SetMetadata("tokenizer.ggml.model", "none");
        writer.SetMetadata("tokenizer.ggml.padding_token_id", (uint)Padding);
        foreach ((string name, long[] shape, byte[] floats) in tensors.Where(tensor => tensor.Name != Missing))
        {
            writer.AddTensor(name, [.. shape.Reverse()], GgmlType.F32, floats);
        }
        writer.Write(path);
        return path;
    }

    /// <summary>Writes random tensors.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="tied">Whether the head is the embedding.</param>
    /// <param name="biases">Whether products have a bias.</param>
    public string Write(string path, bool tied, bool biases)
    {
        var random = new Random(3);
        List<(string, long[], byte[])> tensors = [];
        Add("token_embd.weight", V, Width);
        if (!tied)
        {
            Affine("output", V, Width);
        }
        for (int i = 0; i < N; i++)
        {
            Layer($"enc.blk.{i}.", ["attn"]);
        }
        for (int i = 0; i < M; i++)
        {
            Layer($"dec.blk.{i}.", ["attn", "cross_attn"]);
        }
        return Write(path, tensors);

        void Layer(string b, string[] attentions)
        {
            foreach (string name in attentions)
            {
                foreach (string which in (string[])["q", "k", "v", "o"])
                {
                    Affine($"{b}{name}_{which}", Width, Width);
                }
                Norm($"{b}{name}_output_norm");
            }
            Affine(b + "ffn_up", Inner, Width);
            Affine(b + "ffn_down", Width, Inner);
            Norm(b + "layer_output_norm");
        }
        void Affine(string name, int rows, int columns)
        {
            Add(name + ".weight", rows, columns);
            if (biases)
            {
                Add(name + ".bias", rows);
            }
        }
        void Norm(string name)
        {
            Add(name + ".weight", Width);
            Add(name + ".bias", Width);
        }
        void Add(string name, params long[] shape)
        {
            float mean = name.EndsWith("norm.weight", StringComparison.Ordinal) ? 1 : 0, scale = 1.7f / MathF.Sqrt(shape[^1]);
            float[] values = [.. Enumerable.Range(0, (int)shape.Aggregate((a, b) => a * b)).Select(_ => mean + scale * (2 * random.NextSingle() - 1))];
            tensors.Add((name, shape, MemoryMarshal.AsBytes<float>(values).ToArray()));
        }
    }
}
