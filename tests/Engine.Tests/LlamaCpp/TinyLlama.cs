using System.Runtime.InteropServices;
using Engine.Gguf;

namespace Engine.Tests.LlamaCpp;

/// <summary>A LLaMA of random F32 weights, small enough for a software GPU: d 64, 4 heads over 2, 3 layers, V 300.</summary>
internal static class TinyLlama
{
    public const int Layers = 3;
    public const int Vocabulary = 300;
    private const int D = 64, Heads = 4, HeadsKv = 2, F = 128, Context = 256;

    public static void Write(string path)
    {
        var file = new GgufWriter();
        file.SetMetadata("general.architecture", "llama");
        file.SetMetadata("llama.context_length", (uint)Context);
        file.SetMetadata("llama.embedding_length", (uint)D);
        file.SetMetadata("llama.block_count", (uint)Layers);
        file.SetMetadata("llama.feed_forward_length", (uint)F);
        file.SetMetadata("llama.attention.head_count", (uint)Heads);
        file.SetMetadata("llama.attention.head_count_kv", (uint)HeadsKv);
        file.SetMetadata("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        file.SetMetadata("tokenizer.ggml.model", "no_vocab");
        file.SetMetadata("llama.vocab_size", (uint)Vocabulary);

        var random = new Random(1);
        Add("token_embd.weight", D, Vocabulary);
        for (var i = 0; i < Layers; i++)
        {
            Add($"blk.{i}.attn_norm.weight", D);
            Add($"blk.{i}.attn_q.weight", D, D);
            Add($"blk.{i}.attn_k.weight", D, D / Heads * HeadsKv);
            Add($"blk.{i}.attn_v.weight", D, D / Heads * HeadsKv);
            Add($"blk.{i}.attn_output.weight", D, D);
            Add($"blk.{i}.ffn_norm.weight", D);
            Add($"blk.{i}.ffn_gate.weight", D, F);
            Add($"blk.{i}.ffn_up.weight", D, F);
            Add($"blk.{i}.ffn_down.weight", F, D);
        }
        Add("output_norm.weight", D);
        Add("output.weight", D, Vocabulary);
        file.Write(path);

        // Gains around 1, matrices that keep the size of what they are applied to: logits of the size that trained ones have.
        void Add(string name, params long[] shape)
        {
            var values = new float[shape.Aggregate(1L, (a, b) => a * b)];
            for (var i = 0; i < values.Length; i++)
            {
                var unit = (float)((random.NextDouble() * 2) - 1);
                values[i] = shape.Length == 1 ? 1 + (0.1f * unit) : unit * MathF.Sqrt(3f / shape[0]);
            }
            file.AddTensor(name, shape, GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
        }
    }
}
