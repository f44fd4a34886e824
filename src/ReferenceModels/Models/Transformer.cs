using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>The Transformer: Vaswani et al. 2017, "Attention Is All You Need", https://arxiv.org/abs/1706.03762 (section 3).</summary>
/// <remarks>
/// An encoder reads the source, a decoder writes the target. Each sub-layer becomes x ← LayerNorm(x + Sublayer(x)), with no
/// further norm after the last: self-attention and FFN(x) = max(0, x·W₁ + b₁)·W₂ + b₂ in the encoder; in the decoder causal
/// self-attention, attention to the encoded source, and FFN. Source positions that hold the padding token are hidden from all
/// queries. Tokens are embedded as √d·E[token] + PE(position).
/// <code>
/// T    tokens of a pass           V    vocabulary               N    layers of the encoder
/// n    positions in the cache     d    d_model                  M    layers of the decoder
/// S    tokens of the source       f    d_ff                     H    heads, each of width d_k = d / H
/// </code>
/// The file format is this project's own, with keys and names in the style of T5 and BERT. Keys, each after <c>transformer.</c>:
/// context_length, embedding_length, feed_forward_length, block_count, decoder_block_count (block_count where absent),
/// attention.head_count, attention.layer_norm_epsilon, decoder_start_token_id (0 if absent); the padding token is
/// tokenizer.ggml.padding_token_id. Tensors (out, in): <c>token_embd.weight</c> (V, d) of source and target alike,
/// <c>output.weight</c> (V, d; absent where tied to the embedding), <c>output.bias</c> (V; optional); in each
/// <c>enc.blk.i.</c> and <c>dec.blk.i.</c>: <c>attn_q</c>, <c>attn_k</c>, <c>attn_v</c>, <c>attn_o</c> (d, d),
/// <c>attn_output_norm</c> (d), <c>ffn_up</c> (f, d), <c>ffn_down</c> (d, f), <c>layer_output_norm</c> (d); in the decoder also
/// <c>cross_attn_q</c>, <c>_k</c>, <c>_v</c>, <c>_o</c> and <c>cross_attn_output_norm</c>; each with .weight and .bias; the
/// biases of products are optional.
/// </remarks>
internal sealed class Transformer : IDecoder, IEncoder
{
    private Transformer(Config config, TransformerWeights weights) => (C, W) = (config, weights);

    /// <summary>The model's sizes.</summary>
    public Config C { get; }

    /// <summary>The model's weights; read-only, shared by all states.</summary>
    public TransformerWeights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a Transformer.</exception>
    public static Transformer Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        Config config = Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        TransformerWeights weights = TransformerWeights.Read(reader, config);
        reader.RequireAllUsed(Ignored);
        return new Transformer(config, weights) { Parameters = reader.Given };
    }

    // The format has no tensor that this model ignores.
    private static readonly Dictionary<string, string> Ignored = [];

    /// <summary>The sizes of a model.</summary>
    /// <param name="V">Vocabulary size.</param>
    /// <param name="d">embedding_length.</param>
    /// <param name="f">feed_forward_length.</param>
    /// <param name="N">block_count, layers of the encoder.</param>
    /// <param name="M">decoder_block_count; N where absent.</param>
    /// <param name="H">attention.head_count.</param>
    /// <param name="TrainedContext">context_length.</param>
    /// <param name="Epsilon">attention.layer_norm_epsilon.</param>
    /// <param name="Padding">The token whose positions in a source are hidden; null for none.</param>
    internal sealed record Config(int V, int d, int f, int N, int M, int H, int TrainedContext, float Epsilon, int? Padding)
    {
        public int d_k => d / H;

        public static Config Read(GgufMetadata metadata, int vocabulary)
        {
            var c = new ConfigReader(metadata, "transformer");
            (int d, int N) = (c.Positive("embedding_length"), c.Positive("block_count"));
            (int H, int G) = c.Heads(d, N);
            if (G != H)
            {
                throw new ModelFileException($"Reading metadata 'transformer.attention.head_count_kv': expected {H}, one key/value head for each query head, found {G}. Convert the model again.");
            }
            return new Config(
                vocabulary, d, c.PerLayer("feed_forward_length", N), N, c.Positive("decoder_block_count", N), H, c.Positive("context_length"),
                c.Float("attention.layer_norm_epsilon"), (int?)metadata.GetUInt32(GgufKeys.PaddingToken));
        }
    }

    /// <summary>A product with its bias.</summary>
    /// <param name="W">(out, in).</param>
    /// <param name="b">(out), or null.</param>
    internal sealed record Affine(Weight W, Weight? b)
    {
        public static Affine Read(WeightReader w, string name, int rows, int columns, string from) =>
            new(w.Matrix(name + ".weight", rows, columns, from), w.OptionalVector(name + ".bias", rows, from));
    }

    /// <summary>The layer norm after a sub-layer.</summary>
    /// <param name="g">Gain (d).</param>
    /// <param name="b">Bias (d).</param>
    internal sealed record NormWeights(Weight g, Weight b)
    {
        public static NormWeights Read(WeightReader w, string name, int d) =>
            new(w.Vector(name + ".weight", d, $"embedding_length {d}"), w.Vector(name + ".bias", d, $"embedding_length {d}"));
    }

    /// <summary>Multi-head attention (section 3.2.2), each (d, d), and the norm after it.</summary>
    internal sealed record TransformerAttention(Affine Q, Affine K, Affine V, Affine O, NormWeights Norm)
    {
        public static TransformerAttention Read(WeightReader w, string name, int d)
        {
            Affine Square(string which) => Affine.Read(w, $"{name}_{which}", d, d, $"embedding_length {d}");
            return new TransformerAttention(Square("q"), Square("k"), Square("v"), Square("o"), NormWeights.Read(w, $"{name}_output_norm", d));
        }
    }

    /// <summary>One layer of the encoder or the decoder.</summary>
    /// <param name="Self">Attention to its own tokens.</param>
    /// <param name="Cross">Attention to the source; null in the encoder.</param>
    /// <param name="FfnUp">W₁ (f, d), b₁ (f).</param>
    /// <param name="FfnDown">W₂ (d, f), b₂ (d).</param>
    /// <param name="Norm">After the feed-forward.</param>
    internal sealed record Layer(TransformerAttention Self, TransformerAttention? Cross, Affine FfnUp, Affine FfnDown, NormWeights Norm)
    {
        public static Layer Read(WeightReader w, Config c, bool crosses)
        {
            string fromF = $"embedding_length {c.d} and feed_forward_length {c.f}";
            return new Layer(
                TransformerAttention.Read(w, "attn", c.d),
                crosses ? TransformerAttention.Read(w, "cross_attn", c.d) : null,
                Affine.Read(w, "ffn_up", c.f, c.d, fromF),
                Affine.Read(w, "ffn_down", c.d, c.f, fromF),
                NormWeights.Read(w, "layer_output_norm", c.d));
        }
    }

    /// <summary>All weights.</summary>
    /// <param name="TokenEmbd">E (V, d), of source and target.</param>
    /// <param name="Encoder">N layers.</param>
    /// <param name="Decoder">M layers.</param>
    /// <param name="Output">(V, d) and (V); the weight may be the token embedding itself (section 3.4).</param>
    internal sealed record TransformerWeights(Weight TokenEmbd, IReadOnlyList<Layer> Encoder, IReadOnlyList<Layer> Decoder, Affine Output)
    {
        public static TransformerWeights Read(WeightReader w, Config c)
        {
            string fromV = $"embedding_length {c.d} and {c.V} tokens";
            Weight embedding = w.Matrix("token_embd.weight", c.V, c.d, fromV);
            return new TransformerWeights(
                embedding,
                [.. Enumerable.Range(0, c.N).Select(i => Layer.Read(w.Enter($"enc.blk.{i}"), c, crosses: false))],
                [.. Enumerable.Range(0, c.M).Select(i => Layer.Read(w.Enter($"dec.blk.{i}"), c, crosses: true))],
                new Affine(w.OptionalMatrix("output.weight", c.V, c.d, fromV) ?? embedding, w.OptionalVector("output.bias", c.V, $"{c.V} tokens")));
        }
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(C.V, C.d, Math.Max(C.N, C.M), C.TrainedContext, HasLearnedPositions: false, 20L * C.d + 3 * C.f);

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => 2 * KeyValueCache.Bytes(C.M, C.d, contextLength); // the target's, the source's

    /// <inheritdoc/>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(C.M, C.d, contextLength));

    /// <inheritdoc/>
    /// <exception cref="InvalidRequestException">The source consists of padding only.</exception>
    public Tensor Encode(State s, ReadOnlySpan<int> source, ReadOnlySpan<int> segments)
    {
        s.Pass.Release(default);
        (int, int) start = s.Pass.Mark;
        s.Tap?.Part = "encoder";
        Tensor x = Embed(s, source, first: 0);                                                     // (S, d)
        var rule = new AttentionRule(C.H, C.H, 1 / MathF.Sqrt(C.d_k)) { Hidden = PaddingOf(source) };
        for (int i = 0; i < C.N; i++)
        {
            Layer L = W.Encoder[i];
            (Tensor K, Tensor V) = KeysValues(s, L.Self, x, i);                                    // (S, d)
            x = Attend(s, L.Self, x, K, V, rule, "attn", i);                                       // (S, d)
            x = s.Pass.Keep(start, FeedForward(s, L, x, i));                                       // (S, d)
        }
        (s.Source, s.SourceHidden) = (ReadBySource(s.Pass, x), rule.Hidden);
        return x;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No source was encoded.</exception>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows)
    {
        KeyValueCache source = s.Source ?? throw new InvalidOperationException("Decoding with a Transformer: expected an encoded source, found none. Call Encode first.");
        (Pass pass, int T, int n) = (s.Pass, tokens.Length, s.Cache.Length);
        pass.Release(default);
        (int, int) start = pass.Mark;
        s.Tap?.Part = "decoder";
        Tensor x = Embed(s, tokens, first: n);                                                     // (T, d)
        var seesTarget = new AttentionRule(C.H, C.H, 1 / MathF.Sqrt(C.d_k)) { Causal = true, First = n };
        AttentionRule seesSource = seesTarget with { Causal = false, First = 0, Hidden = s.SourceHidden };
        for (int i = 0; i < C.M; i++)
        {
            Layer L = W.Decoder[i];
            (Tensor K, Tensor V) = KeysValues(s, L.Self, x, i);                                    // (T, d)
            (K, V) = s.Cache.Append(pass, i, K, V);                                                // (n + T, d)
            x = Attend(s, L.Self, x, K, V, seesTarget, "attn", i);                                 // (T, d)
            if (i == C.M - 1)
            {
                // The rest works on each row separately, so it is needed only for the requested rows.
                x = x.Slice(T - rows, rows);
            }
            (K, V) = source.Read(pass, i);                                                         // (S, d)
            s.Tap?.Take("Kcur", i, "ADD", K);
            s.Tap?.Take("Vcur", i, "ADD", V);
            x = Attend(s, L.Cross!, x, K, V, seesSource, "cross_attn", i);                         // (T, d)
            x = pass.Keep(start, FeedForward(s, L, x, i));                                         // (T, d)
        }
        s.Cache.Advance(T);
        return x;                                                                                  // (rows, d)
    }

    /// <inheritdoc/>
    public Tensor Logits(State s, Tensor x) => Project(s, W.Output, x, "result_output", -1);       // (rows, V)

    // Sections 3.4 and 3.5: √d·E[token] + PE(position).
    private Tensor Embed(State s, ReadOnlySpan<int> tokens, int first)
    {
        Tensor embd = Embedding.Forward(s.Pass, W.TokenEmbd, tokens);                              // (T, d)
        s.Tap?.Take("embd", -1, "GET_ROWS", embd);
        Tensor inp_embd = SinusoidalPositions.Forward(s.Pass, Scale.Forward(s.Pass, embd, MathF.Sqrt(C.d)), first); // (T, d)
        s.Tap?.Take("inp_embd", -1, "ADD", inp_embd);
        return Dropout.Forward(s.Pass, inp_embd);
    }

    private static (Tensor K, Tensor V) KeysValues(State s, TransformerAttention a, Tensor x, int i) =>
        (Project(s, a.K, x, "Kcur", i), Project(s, a.V, x, "Vcur", i));

    // LayerNorm(x + MultiHead(x, K, V)).
    private Tensor Attend(State s, TransformerAttention a, Tensor x, Tensor K, Tensor V, AttentionRule rule, string name, int i)
    {
        Tensor Q = Project(s, a.Q, x, "Qcur", i);                                                  // (T, d)
        Tensor kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, rule);                          // (T, d)
        return AddAndNorm(s, x, Project(s, a.O, kqv_out, name + "_out", i), a.Norm, name + "_output_norm", i); // (T, d)
    }

    // LayerNorm(x + FFN(x)), section 3.3.
    private Tensor FeedForward(State s, Layer L, Tensor x, int i)
    {
        Tensor ffn_relu = Relu.Forward(s.Pass, Project(s, L.FfnUp, x, "ffn_up", i));               // (T, f)
        s.Tap?.Take("ffn_relu", i, "UNARY", ffn_relu);
        return AddAndNorm(s, x, Project(s, L.FfnDown, ffn_relu, "ffn_out", i), L.Norm, "l_out", i); // (T, d)
    }

    private Tensor AddAndNorm(State s, Tensor x, Tensor sublayer, NormWeights norm, string name, int i)
    {
        Tensor sum = Residual.Forward(s.Pass, x, Dropout.Forward(s.Pass, sublayer));               // (T, d)
        return NamedSteps.LayerNorm(s, sum, norm.g, norm.b, C.Epsilon, name, i);                   // (T, d)
    }

    private static Tensor Project(State s, Affine affine, Tensor x, string name, int layer)
    {
        Tensor y = Linear.Forward(s.Pass, affine.W, affine.b, x);
        s.Tap?.Take(name, layer, affine.b is null ? "MUL_MAT" : "ADD", y);
        return y;
    }

    // What the decoder's cross-attention needs from the source, computed once for all tokens of the target.
    private KeyValueCache ReadBySource(Pass pass, Tensor source)
    {
        var cache = new KeyValueCache(C.M, C.d, source.Rows);
        for (int i = 0; i < C.M; i++)
        {
            (int, int) mark = pass.Mark;
            TransformerAttention cross = W.Decoder[i].Cross!;
            cache.Append(pass, i, Linear.Forward(pass, cross.K.W, cross.K.b, source), Linear.Forward(pass, cross.V.W, cross.V.b, source)); // (S, d) each
            pass.Release(mark);
        }
        cache.Advance(source.Rows);
        return cache;
    }

    private bool[]? PaddingOf(ReadOnlySpan<int> source)
    {
        var hidden = new bool[source.Length];
        for (int j = 0; j < source.Length; j++)
        {
            hidden[j] = source[j] == C.Padding;
        }
        return !hidden.Contains(true) ? null : hidden.Contains(false) ? hidden : throw new InvalidRequestException(
            $"Encoding a source: expected a token other than the padding {C.Padding}, found only padding ({source.Length} tokens). Give a source with content.");
    }
}
