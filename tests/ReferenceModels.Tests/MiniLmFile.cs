using System.Buffers.Binary;
using System.Text.Json;
using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>MiniLM's weights and vocabulary, from the form in which Hugging Face hands them out, as a GGUF in F32.</summary>
internal static class MiniLmFile
{
    private static readonly (string Theirs, string Ours)[] Names =
    [
        ("embeddings.word_embeddings.", "token_embd."), ("embeddings.position_embeddings.", "position_embd."),
        ("embeddings.token_type_embeddings.", "token_types."), ("embeddings.LayerNorm.", "token_embd_norm."),
        ("encoder.layer.", "blk."), ("attention.self.query.", "attn_q."), ("attention.self.key.", "attn_k."), ("attention.self.value.", "attn_v."),
        ("attention.output.dense.", "attn_output."), ("attention.output.LayerNorm.", "attn_output_norm."),
        ("intermediate.dense.", "ffn_up."), ("output.dense.", "ffn_down."), ("output.LayerNorm.", "layer_output_norm."),
    ];

    /// <summary>Writes it.</summary>
    public static void Write(string path)
    {
        var writer = new GgufWriter();
        HuggingFaceVocabulary.Set(writer, SharedFolder.MiniLm("tokenizer.json"));
        using JsonDocument config = JsonDocument.Parse(File.ReadAllText(SharedFolder.MiniLm("config.json")));
        foreach ((string ours, string theirs) in (ReadOnlySpan<(string, string)>)
            [("context_length", "max_position_embeddings"), ("embedding_length", "hidden_size"), ("block_count", "num_hidden_layers"),
             ("feed_forward_length", "intermediate_size"), ("attention.head_count", "num_attention_heads")])
        {
            writer.SetMetadata($"bert.{ours}", config.RootElement.GetProperty(theirs).GetUInt32());
        }
        writer.SetMetadata("bert.attention.layer_norm_epsilon", config.RootElement.GetProperty("layer_norm_eps").GetSingle());
        writer.SetMetadata("bert.attention.causal", false);
        AddTensors(writer, File.ReadAllBytes(SharedFolder.MiniLm("model.safetensors")));
        writer.Write(path);
    }

    // safetensors: the length of a JSON header, the header, the data.
    private static void AddTensors(GgufWriter writer, byte[] file)
    {
        int headerLength = (int)BinaryPrimitives.ReadUInt64LittleEndian(file);
        using JsonDocument header = JsonDocument.Parse(file.AsMemory(8, headerLength));
        foreach (JsonProperty tensor in header.RootElement.EnumerateObject())
        {
            if (tensor.Name is "__metadata__" or "embeddings.position_ids" || tensor.Name.StartsWith("pooler.", StringComparison.Ordinal))
            {
                continue; // llama.cpp's BERT has no use for them
            }
            Assert.Equal("F32", tensor.Value.GetProperty("dtype").GetString());
            int[] offsets = [.. tensor.Value.GetProperty("data_offsets").EnumerateArray().Select(offset => offset.GetInt32())];
            long[] shape = [.. tensor.Value.GetProperty("shape").EnumerateArray().Select(length => length.GetInt64()).Reverse()];
            string name = Names.Aggregate(tensor.Name, (text, pair) => text.Replace(pair.Theirs, pair.Ours, StringComparison.Ordinal));
            writer.AddTensor(name, shape, GgmlType.F32, file.AsMemory(8 + headerLength + offsets[0], offsets[1] - offsets[0]));
        }
    }
}
