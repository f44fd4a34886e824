using System.Runtime.InteropServices;
using Engine.Gguf;

namespace Tests.Shared;

/// <summary>One model of each family with random weights: two layers, 128 positions, a vocabulary that splits text.
/// The same call writes the same file.</summary>
internal sealed class TinyFamilies
{
    public const int Context = 128;

    private const int Width = 32;
    private const int FeedForward = 48;
    private const int Heads = 4;
    private const int Layers = 2;
    private const int Buckets = 8;

    private readonly Random _random = new(11);
    private readonly GgufWriter _file = new();
    private readonly string _architecture;

    private TinyFamilies(string architecture, string tokenizer, IReadOnlyList<string> tokens)
    {
        _architecture = architecture;
        _file.SetMetadata("general.architecture", architecture);
        _file.SetMetadata("general.name", "tiny " + architecture);
        _file.SetMetadata("tokenizer.ggml.model", tokenizer);
        _file.SetMetadata("tokenizer.ggml.tokens", tokens);
        Number("context_length", Context);
        Number("embedding_length", Width);
        Number("feed_forward_length", FeedForward);
        Number("block_count", Layers);
        Number("attention.head_count", Heads);
        Matrix("token_embd", Width, tokens.Count, 0.3f); // small, so that what the layers add decides
    }

    /// <summary>SentencePiece with byte tokens; two K/V heads for four heads.</summary>
    public static string Llama(string path)
    {
        string[] tokens =
            ["<unk>", "<s>", "</s>", .. Enumerable.Range(0, 256).Select(value => $"<0x{value:X2}>"), "▁", .. "abcdefghijklmnopqrstuvwxyz".Select(letter => letter.ToString())];
        var file = new TinyFamilies("llama", "llama", tokens);
        file._file.SetMetadata("tokenizer.ggml.token_type", tokens.Select((_, id) => id < 3 ? 3 : id < 259 ? 6 : 1).ToArray());
        file._file.SetMetadata("llama.attention.layer_norm_rms_epsilon", 1e-5f);
        file.Number("attention.head_count_kv", Heads / 2);
        file.Norm("output_norm", bias: false);
        file.Matrix("output", Width, tokens.Length);
        for (int i = 0; i < Layers; i++)
        {
            file.Norms($"blk.{i}.", bias: false, "attn_norm", "ffn_norm");
            file.Squares($"blk.{i}.", bias: false, "attn_q", "attn_output");
            file.Matrix($"blk.{i}.attn_k", Width, Width / 2);
            file.Matrix($"blk.{i}.attn_v", Width, Width / 2);
            file.Up($"blk.{i}.", bias: false, "ffn_gate", "ffn_up");
        }
        return file.Write(path);
    }

    /// <summary>Byte-level BPE of single bytes; head tied to the embedding.</summary>
    public static string Gpt2(string path)
    {
        // The alphabet in which byte-level BPE writes bytes: those that print as they are, the others from U+0100 on.
        string[] bytes = [.. Enumerable.Range(0, 256).Where(Prints).Select(value => ((char)value).ToString()), .. Enumerable.Range(256, 68).Select(value => ((char)value).ToString())];
        var file = new TinyFamilies("gpt2", "gpt2", [.. bytes, "<|endoftext|>"]);
        file._file.SetMetadata("tokenizer.ggml.pre", "gpt-2");
        file._file.SetMetadata("tokenizer.ggml.merges", (IReadOnlyList<string>)["a b"]);
        file._file.SetMetadata("tokenizer.ggml.token_type", Enumerable.Range(0, 257).Select(id => id < 256 ? 1 : 3).ToArray());
        file._file.SetMetadata("tokenizer.ggml.bos_token_id", 256u);
        file._file.SetMetadata("tokenizer.ggml.eos_token_id", 256u);
        file._file.SetMetadata("gpt2.attention.layer_norm_epsilon", 1e-5f);
        file.Matrix("position_embd", Width, Context, 0.3f);
        file.Norm("output_norm", bias: true);
        for (int i = 0; i < Layers; i++)
        {
            file.Norms($"blk.{i}.", bias: true, "attn_norm", "ffn_norm");
            file.Matrix($"blk.{i}.attn_qkv", Width, 3 * Width);
            file.Vector($"blk.{i}.attn_qkv.bias", 3 * Width, 0.1f);
            file.Squares($"blk.{i}.", bias: true, "attn_output");
            file.Up($"blk.{i}.", bias: true, "ffn_up");
        }
        return file.Write(path);

        static bool Prints(int value) => value is > 32 and < 127 or > 160 and < 173 or > 173 and < 256;
    }

    /// <summary>WordPiece; a pooler and a classifier.</summary>
    /// <param name="path">Of the file.</param>
    /// <param name="segments">Rows of the segment table.</param>
    /// <param name="scores">Of the classifier, at most three.</param>
    /// <param name="ranks">Whether the file says that it ranks; else its vectors are rows of [CLS].</param>
    public static string Bert(string path, int segments = 2, int scores = 3, bool ranks = false)
    {
        string[] tokens =
            ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "▁once", "▁upon", "▁time", "▁the", .. "abcdefghijklmnopqrstuvwxyz".SelectMany(letter => new[] { $"▁{letter}", $"{letter}" })];
        var file = new TinyFamilies("bert", "bert", tokens);
        file._file.SetMetadata("tokenizer.ggml.token_type_count", (uint)segments);
        file._file.SetMetadata("tokenizer.ggml.bos_token_id", 2u);
        file._file.SetMetadata("tokenizer.ggml.seperator_token_id", 3u);
        file._file.SetMetadata("tokenizer.ggml.unknown_token_id", 1u);
        file._file.SetMetadata("tokenizer.ggml.mask_token_id", 1u); // 103 where the file does not say, which older llama.cpp look up
        file._file.SetMetadata("bert.attention.layer_norm_epsilon", 1e-12f);
        file._file.SetMetadata("bert.attention.causal", false);
        file._file.SetMetadata("bert.pooling_type", ranks ? 4u : 2u);
        file._file.SetMetadata("bert.classifier.output_labels", (IReadOnlyList<string>)new[] { "no", "maybe", "yes" }[..scores]);
        file.Matrix("position_embd", Width, Context, 0.3f);
        file.Matrix("token_types", Width, segments, 0.3f);
        file.Norm("token_embd_norm", bias: true);
        file.Squares("", bias: true, "cls");
        file.Matrix("cls.output", Width, scores);
        file.Vector("cls.output.bias", scores, 0.1f);
        for (int i = 0; i < Layers; i++)
        {
            file.Norms($"blk.{i}.", bias: true, "attn_output_norm", "layer_output_norm");
            file.Squares($"blk.{i}.", bias: true, "attn_q", "attn_k", "attn_v", "attn_output");
            file.Up($"blk.{i}.", bias: true, "ffn_up");
        }
        return file.Write(path);
    }

    /// <summary>Unigram; ReLU, head tied to the embedding.</summary>
    public static string T5(string path)
    {
        TinyFamilies file = OfUnigram("t5");
        file._file.SetMetadata("t5.attention.layer_norm_rms_epsilon", 1e-6f);
        file.Number("attention.relative_buckets_count", Buckets);
        file.Number("decoder_start_token_id", 0);
        file.Norm("enc.output_norm", bias: false);
        file.Norm("dec.output_norm", bias: false);
        file.Matrix("enc.blk.0.attn_rel_b", Heads, Buckets, 1);
        file.Matrix("dec.blk.0.attn_rel_b", Heads, Buckets, 1);
        for (int i = 0; i < Layers; i++)
        {
            foreach (string part in new[] { "enc", "dec" })
            {
                file.Norms($"{part}.blk.{i}.", bias: false, "attn_norm", "ffn_norm");
                file.Squares($"{part}.blk.{i}.", bias: false, "attn_q", "attn_k", "attn_v", "attn_o");
                file.Up($"{part}.blk.{i}.", bias: false, "ffn_up");
            }
            file.Norm($"dec.blk.{i}.cross_attn_norm", bias: false);
            file.Squares($"dec.blk.{i}.", bias: false, "cross_attn_q", "cross_attn_k", "cross_attn_v", "cross_attn_o");
        }
        return file.Write(path);
    }

    /// <summary>The original one: Unigram; head tied to the embedding. The reference's alone.</summary>
    public static string Transformer(string path)
    {
        TinyFamilies file = OfUnigram("transformer");
        file._file.SetMetadata("transformer.attention.layer_norm_epsilon", 1e-5f);
        file._file.SetMetadata("tokenizer.ggml.padding_token_id", 0u);
        for (int i = 0; i < Layers; i++)
        {
            foreach (string part in new[] { "enc", "dec" })
            {
                file.Squares($"{part}.blk.{i}.", bias: true, "attn_q", "attn_k", "attn_v", "attn_o");
                file.Norms($"{part}.blk.{i}.", bias: true, "attn_output_norm", "layer_output_norm");
                file.Up($"{part}.blk.{i}.", bias: true, "ffn_up");
            }
            file.Squares($"dec.blk.{i}.", bias: true, "cross_attn_q", "cross_attn_k", "cross_attn_v", "cross_attn_o");
            file.Norm($"dec.blk.{i}.cross_attn_output_norm", bias: true);
        }
        return file.Write(path);
    }

    private static TinyFamilies OfUnigram(string architecture)
    {
        string[] tokens = ["<pad>", "</s>", "<unk>", "▁", "▁once", "▁upon", "▁time", "▁the", .. "abcdefghijklmnopqrstuvwxyz".Select(letter => letter.ToString())];
        var file = new TinyFamilies(architecture, "t5", tokens);
        file._file.SetMetadata("tokenizer.ggml.scores", tokens.Select((token, _) => token.Length > 2 ? -1f : -3f).ToArray());
        file._file.SetMetadata("tokenizer.ggml.token_type", tokens.Select((_, id) => id < 2 ? 3 : id == 2 ? 2 : 1).ToArray());
        file._file.SetMetadata("tokenizer.ggml.add_space_prefix", true);
        return file;
    }

    private string Write(string path)
    {
        _file.Write(path);
        return path;
    }

    private void Number(string name, int value) => _file.SetMetadata($"{_architecture}.{name}", (uint)value);

    private void Norms(string prefix, bool bias, params string[] names) => Array.ForEach(names, name => Norm(prefix + name, bias));

    private void Norm(string name, bool bias)
    {
        Vector($"{name}.weight", Width, 0.1f, mean: 1);
        if (bias)
        {
            Vector($"{name}.bias", Width, 0.1f);
        }
    }

    private void Squares(string prefix, bool bias, params string[] names)
    {
        foreach (string name in names)
        {
            Matrix(prefix + name, Width, Width);
            if (bias)
            {
                Vector($"{prefix}{name}.bias", Width, 0.1f);
            }
        }
    }

    // The way up, and down again.
    private void Up(string prefix, bool bias, params string[] names)
    {
        foreach (string name in names)
        {
            Matrix(prefix + name, Width, FeedForward);
            if (bias)
            {
                Vector($"{prefix}{name}.bias", FeedForward, 0.1f);
            }
        }
        Matrix(prefix + "ffn_down", FeedForward, Width);
        if (bias)
        {
            Vector(prefix + "ffn_down.bias", Width, 0.1f);
        }
    }

    private void Matrix(string name, int inputs, int outputs, float? deviation = null) =>
        Tensor($"{name}.weight", [inputs, outputs], deviation ?? 1 / MathF.Sqrt(inputs), 0);

    private void Vector(string name, int length, float deviation, float mean = 0) => Tensor(name, [length], deviation, mean);

    // Uniform, of the deviation asked for.
    private void Tensor(string name, long[] shape, float deviation, float mean)
    {
        float[] values = new float[shape.Aggregate(1L, (product, length) => product * length)];
        for (int i = 0; i < values.Length; i++)
        {
            values[i] = mean + deviation * 1.732f * (2 * _random.NextSingle() - 1);
        }
        _file.AddTensor(name, shape, GgmlType.F32, MemoryMarshal.AsBytes<float>(values).ToArray());
    }
}
