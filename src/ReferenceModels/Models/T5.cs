using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// T5: Raffel et al. 2019, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
/// https://arxiv.org/abs/1910.10683 (section 2.1), with the gated feed-forward of T5 1.1 and Flan-T5 (Shazeer 2020,
/// https://arxiv.org/abs/2002.05202).
/// </summary>
/// <remarks>
/// An encoder reads the source, a decoder writes the target. Each layer of the encoder: x ← x + W_o·Attention(Norm(x)), then
/// x ← x + FFN(Norm(x)), FFN(x) = W_down·ReLU(W_up·x) or W_down·(GELU(W_gate·x) ⊙ W_up·x). Each layer of the decoder attends in
/// between to what the encoder made of the source. Scores are not scaled (the initial weights are), and instead of positions
/// they get a bias by the distance of key and query.
/// <code>
/// T    tokens of a pass           V    vocabulary               N    layers of the encoder
/// n    positions in the cache     d    width of the residual    M    layers of the decoder
/// S    tokens of the source       f    width of feed-forward    H    heads, each of width d_k: H·d_k need not be d
/// </code>
/// Names of weights are the file's, names of activations llama.cpp's (src/models/t5.cpp of v0.5.0), letters the papers'. As there,
/// a head tied to the embedding is not scaled by 1/√d, which Hugging Face's T5 does.
/// </remarks>
internal sealed class T5 : IDecoder, IEncoder
{
    private T5(Config config, T5Weights weights) => (C, W) = (config, weights);

    /// <summary>What the model's sizes are.</summary>
    public Config C { get; }

    /// <summary>What it has learned; read-only, shared by all states.</summary>
    public T5Weights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads a model.</summary>
    /// <param name="file">Frozen weights stay in it.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">Metadata or tensors are not a T5's.</exception>
    public static T5 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        Config config = Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        T5Weights weights = T5Weights.Read(reader, config);
        reader.RequireAllUsed(Enumerable.Range(0, config.M).ToDictionary(
            i => $"dec.blk.{i}.cross_attn_rel_b.weight", _ => "Cross-attention has no positions: neither llama.cpp nor Hugging Face reads it."));
        return new T5(config, weights) { Parameters = reader.Given };
    }

    /// <summary>The sizes of a model. Keys and defaults are those that llama.cpp reads.</summary>
    /// <param name="V">Vocabulary size.</param>
    /// <param name="d">embedding_length.</param>
    /// <param name="f">feed_forward_length.</param>
    /// <param name="N">block_count, layers of the encoder.</param>
    /// <param name="M">decoder_block_count; N where absent.</param>
    /// <param name="H">attention.head_count.</param>
    /// <param name="d_k">attention.key_length; d / H where absent.</param>
    /// <param name="Buckets">attention.relative_buckets_count.</param>
    /// <param name="TrainedContext">context_length.</param>
    /// <param name="Epsilon">attention.layer_norm_rms_epsilon.</param>
    internal sealed record Config(int V, int d, int f, int N, int M, int H, int d_k, int Buckets, int TrainedContext, float Epsilon)
    {
        // The formula of the buckets divides by log(128 / (buckets / 2)), and its bidirectional form halves once more.
        private const int FewestBuckets = 4, MostBuckets = 255;

        public static Config Read(GgufMetadata metadata, int vocabulary)
        {
            var c = new ConfigReader(metadata, "t5");
            (int d, int N) = (c.Positive("embedding_length"), c.Positive("block_count"));
            int H = c.PerLayer("attention.head_count", N);
            int d_k = c.Positive("attention.key_length", d / H), buckets = c.Positive("attention.relative_buckets_count");
            Agree("attention.value_length", c.Positive("attention.value_length", d / H), d_k, "the size of a head's key");
            Agree("attention.head_count_kv", c.PerLayer("attention.head_count_kv", N, H), H, "one key/value head for each query head");
            Agree("attention.relative_buckets_count", buckets, Math.Clamp(buckets, FewestBuckets, MostBuckets), "the nearest number that has a formula");
            return new Config(
                vocabulary, d, c.PerLayer("feed_forward_length", N), N, c.Positive("decoder_block_count", N), H, d_k, buckets,
                c.Positive("context_length"), c.Float("attention.layer_norm_rms_epsilon"));
        }

        private static void Agree(string key, int found, int expected, string reason)
        {
            if (found != expected)
            {
                throw new ModelFileException($"Reading metadata 't5.{key}': expected {expected}, {reason}, found {found}. Convert the model again.");
            }
        }
    }

    /// <summary>An attention's weights and the gain of the norm before it.</summary>
    /// <param name="Norm">(d).</param>
    /// <param name="Q">(H·d_k, d).</param>
    /// <param name="K">(H·d_k, d).</param>
    /// <param name="V">(H·d_k, d).</param>
    /// <param name="O">(d, H·d_k).</param>
    internal sealed record AttentionWeights(Weight Norm, Weight Q, Weight K, Weight V, Weight O)
    {
        public static AttentionWeights Read(WeightReader w, Config c, string name)
        {
            (int q, string from) = (c.H * c.d_k, $"head_count {c.H} × key_length {c.d_k}");
            return new AttentionWeights(
                w.Vector($"{name}_norm.weight", c.d, $"embedding_length {c.d}"),
                w.Matrix($"{name}_q.weight", q, c.d, from), w.Matrix($"{name}_k.weight", q, c.d, from),
                w.Matrix($"{name}_v.weight", q, c.d, from), w.Matrix($"{name}_o.weight", c.d, q, from));
        }
    }

    /// <summary>One layer's weights, of the encoder or the decoder.</summary>
    /// <param name="Self">Of the self-attention.</param>
    /// <param name="RelB">(buckets, H); layers without their own have that of layer 0.</param>
    /// <param name="Cross">Of the attention to the source; null in the encoder.</param>
    /// <param name="FfnNorm">(d).</param>
    /// <param name="FfnGate">(f, d); with it the feed-forward is a gated GELU, without a ReLU.</param>
    /// <param name="FfnUp">(f, d).</param>
    /// <param name="FfnDown">(d, f).</param>
    internal sealed record Layer(
        AttentionWeights Self, Weight RelB, AttentionWeights? Cross, Weight FfnNorm, Weight? FfnGate, Weight FfnUp, Weight FfnDown)
    {
        public static Layer Read(WeightReader w, Config c, bool crosses, Weight? firstRelB)
        {
            string fromB = $"relative_buckets_count {c.Buckets} and head_count {c.H}";
            string fromF = $"embedding_length {c.d} and feed_forward_length {c.f}";
            return new Layer(
                AttentionWeights.Read(w, c, "attn"),
                w.OptionalMatrix("attn_rel_b.weight", c.Buckets, c.H, fromB) ?? firstRelB ?? w.Matrix("attn_rel_b.weight", c.Buckets, c.H, fromB),
                crosses ? AttentionWeights.Read(w, c, "cross_attn") : null,
                w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
                w.OptionalMatrix("ffn_gate.weight", c.f, c.d, fromF),
                w.Matrix("ffn_up.weight", c.f, c.d, fromF),
                w.Matrix("ffn_down.weight", c.d, c.f, fromF));
        }
    }

    /// <summary>All weights.</summary>
    /// <param name="TokenEmbd">(V, d), of source and target.</param>
    /// <param name="Encoder">N layers.</param>
    /// <param name="EncoderNorm">(d).</param>
    /// <param name="Decoder">M layers.</param>
    /// <param name="DecoderNorm">(d).</param>
    /// <param name="Output">(V, d); the token embedding itself where the two are tied.</param>
    internal sealed record T5Weights(
        Weight TokenEmbd, IReadOnlyList<Layer> Encoder, Weight EncoderNorm, IReadOnlyList<Layer> Decoder, Weight DecoderNorm, Weight Output)
    {
        public static T5Weights Read(WeightReader w, Config c)
        {
            string fromV = $"embedding_length {c.d} and {c.V} tokens", fromD = $"embedding_length {c.d}";
            Weight embedding = w.Matrix("token_embd.weight", c.V, c.d, fromV);
            return new T5Weights(
                embedding,
                Stack("enc", c.N, crosses: false), w.Vector("enc.output_norm.weight", c.d, fromD),
                Stack("dec", c.M, crosses: true), w.Vector("dec.output_norm.weight", c.d, fromD),
                w.OptionalMatrix("output.weight", c.V, c.d, fromV) ?? embedding);

            List<Layer> Stack(string part, int layers, bool crosses)
            {
                var stack = new List<Layer>();
                for (int i = 0; i < layers; i++)
                {
                    stack.Add(Layer.Read(w.Enter($"{part}.blk.{i}"), c, crosses, i == 0 ? null : stack[0].RelB));
                }
                return stack;
            }
        }
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(C.V, C.d, Math.Max(C.N, C.M), C.TrainedContext, HasLearnedPositions: false, 10L * C.d + 3 * C.f + 6 * C.H * C.d_k)
    {
        PairFloats = 2 * C.H, // layer 0's position bias, and that of a layer with a table of its own
    };

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => 2 * KeyValueCache.Bytes(C.M, C.H * C.d_k, contextLength); // the target's, the source's

    /// <inheritdoc/>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(C.M, C.H * C.d_k, contextLength));

    /// <inheritdoc/>
    public Tensor Encode(State s, ReadOnlySpan<int> source, ReadOnlySpan<int> segments)
    {
        (Pass pass, int S) = (s.Pass, source.Length);
        pass.Release(default);
        Tensor bias_0 = RelativePositionBias.Forward(pass, W.Encoder[0].RelB, S, S, first: 0, bidirectional: true); // (H·S, S)
        (int, int) start = pass.Mark;
        Tensor x = Embed(s, "encoder", source);                                                    // (S, d)
        var rule = new AttentionRule(C.H, C.H, Scale: 1) { Drops = true };
        for (int i = 0; i < C.N; i++)
        {
            Layer L = W.Encoder[i];
            Tensor attn_norm = Norm(s, x, L.Self.Norm, "attn_norm", i);                            // (S, d)
            Tensor Q = Project(s, L.Self.Q, attn_norm, "Qcur", i);                                 // (S, H·d_k)
            Tensor K = Project(s, L.Self.K, attn_norm, "Kcur", i);                                 // (S, H·d_k)
            Tensor V = Project(s, L.Self.V, attn_norm, "Vcur", i);                                 // (S, H·d_k)
            Tensor pos_bias = PositionBias(s, W.Encoder, i, bias_0, S, first: 0);                  // (H·S, S)
            Tensor kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, rule with { Bias = pos_bias }); // (S, H·d_k)
            Tensor ffn_inp = Add(s, Project(s, L.Self.O, kqv_out, "kqv_out", i), x, "ffn_inp", i); // (S, d)
            Tensor ffn_norm = Norm(s, ffn_inp, L.FfnNorm, "ffn_norm", i);                          // (S, d)
            x = pass.Keep(start, FeedForward(s, L, ffn_inp, ffn_norm, i, last: i == C.N - 1));     // (S, d)
        }
        Tensor result_norm = Dropout.Forward(pass, Norm(s, x, W.EncoderNorm, "result_norm", -1));  // (S, d)
        s.Source = ReadBySource(pass, result_norm);
        return result_norm;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No source was encoded.</exception>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows)
    {
        KeyValueCache source = s.Source ?? throw new InvalidOperationException("Decoding with a T5: expected an encoded source, found none. Call Encode before.");
        (Pass pass, int T, int n) = (s.Pass, tokens.Length, s.Cache.Length);
        pass.Release(default);
        Tensor bias_0 = RelativePositionBias.Forward(pass, W.Decoder[0].RelB, T, n + T, first: n, bidirectional: false); // (H·T, n + T)
        (int, int) start = pass.Mark;
        Tensor x = Embed(s, "decoder", tokens);                                                    // (T, d)
        AttentionRule seesSource = new(C.H, C.H, Scale: 1) { Drops = true }, seesTarget = seesSource with { Causal = true, First = n };
        for (int i = 0; i < C.M; i++)
        {
            (Layer L, AttentionWeights cross) = (W.Decoder[i], W.Decoder[i].Cross!);
            Tensor attn_norm = Norm(s, x, L.Self.Norm, "attn_norm", i);                            // (T, d)
            Tensor Q = ProjectHeads(s, L.Self.Q, attn_norm, "Qcur", i);                            // (T, H·d_k)
            Tensor V = ProjectHeads(s, L.Self.V, attn_norm, "Vcur", i);                            // (T, H·d_k)
            Tensor K = ProjectHeads(s, L.Self.K, attn_norm, "Kcur", i);                            // (T, H·d_k)
            (K, V) = s.Cache.Append(pass, i, K, V);                                                // (n + T, H·d_k)
            Tensor pos_bias = PositionBias(s, W.Decoder, i, bias_0, T, first: n);                  // (H·T, n + T)
            Tensor kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, seesTarget with { Bias = pos_bias }); // (T, H·d_k)
            Tensor cross_inp = Add(s, Project(s, L.Self.O, kqv_out, "kqv_out", i), x, "cross_inp", i); // (T, d)

            Tensor attn_norm_cross = Norm(s, cross_inp, cross.Norm, "attn_norm_cross", i);         // (T, d)
            Q = Project(s, cross.Q, attn_norm_cross, "Qcur", i);                                   // (T, H·d_k)
            (K, V) = source.Read(pass, i);                                                         // (S, H·d_k)
            s.Tap?.Take("Kcur", i, "MUL_MAT", K);
            s.Tap?.Take("Vcur", i, "MUL_MAT", V);
            kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, seesSource);                       // (T, H·d_k)
            Tensor cross_out = Project(s, cross.O, kqv_out, "kqv_out", i);                         // (T, d)
            if (i == C.M - 1)
            {
                // What comes now, a row does for itself: only the rows asked for have to.
                (cross_out, cross_inp) = (cross_out.Slice(T - rows, rows), cross_inp.Slice(T - rows, rows));
            }
            Tensor ffn_inp = Add(s, cross_out, cross_inp, "ffn_inp", i);                           // (T, d)
            Tensor ffn_norm = Norm(s, ffn_inp, L.FfnNorm, "ffn_norm", i);                          // (T, d)
            x = pass.Keep(start, FeedForward(s, L, ffn_inp, ffn_norm, i, last: i == C.M - 1));     // (T, d)
        }
        s.Cache.Advance(T);
        return Dropout.Forward(pass, Norm(s, x, W.DecoderNorm, "result_norm", -1));                                       // (rows, d)
    }

    /// <inheritdoc/>
    public Tensor Logits(State s, Tensor result_norm)
    {
        Tensor result_output = Linear.Forward(s.Pass, W.Output, null, result_norm);
        NamedSteps.TakeProduct(s, W.Output, "result_output", -1, result_output);
        return result_output;
    }

    private Tensor Embed(State s, string part, ReadOnlySpan<int> tokens)
    {
        s.Tap?.Part = part;
        Tensor x = Embedding.Forward(s.Pass, W.TokenEmbd, tokens);
        s.Tap?.Take("embd", -1, "GET_ROWS", x);
        return Dropout.Forward(s.Pass, x);
    }

    private Tensor Norm(State s, Tensor x, Weight gain, string name, int layer) =>
        NamedSteps.RmsNorm(s, x, gain, C.Epsilon, name, layer);

    // (H·T, first + T). Most layers have layer 0's table and share its bias, but where somebody looks each works out its own.
    private Tensor PositionBias(State s, IReadOnlyList<Layer> stack, int i, Tensor bias_0, int T, int first)
    {
        Tensor pos_bias = s.Tap is null && stack[i].RelB == stack[0].RelB
            ? bias_0 : RelativePositionBias.Forward(s.Pass, stack[i].RelB, T, first + T, first, bidirectional: stack == W.Encoder);
        s.Tap?.Take("pos_bias", -1, "CONT", pos_bias, [first + T, T, C.H]);
        return pos_bias;
    }

    // What the decoder's cross-attention needs of the source, once for all tokens of the target.
    private KeyValueCache ReadBySource(Pass pass, Tensor source)
    {
        var cache = new KeyValueCache(C.M, C.H * C.d_k, source.Rows);
        for (int i = 0; i < C.M; i++)
        {
            (int, int) mark = pass.Mark;
            AttentionWeights cross = W.Decoder[i].Cross!;
            cache.Append(pass, i, Linear.Forward(pass, cross.K, null, source), Linear.Forward(pass, cross.V, null, source)); // (S, H·d_k) each
            pass.Release(mark);
        }
        cache.Advance(source.Rows);
        return cache;
    }

    private static Tensor FeedForward(State s, Layer L, Tensor ffn_inp, Tensor ffn_norm, int i, bool last)
    {
        Tensor? ffn_gate = L.FfnGate is null ? null : Project(s, L.FfnGate, ffn_norm, "ffn_gate", i); // (T, f)
        Tensor ffn_up = Project(s, L.FfnUp, ffn_norm, "ffn_up", i), activated;                     // (T, f)
        if (ffn_gate is { } gate)
        {
            activated = GeGlu.Forward(s.Pass, gate, ffn_up);                                       // (T, f)
            s.Tap?.Take("ffn_geglu", i, "GLU", activated);
        }
        else
        {
            activated = Relu.Forward(s.Pass, ffn_up);                                              // (T, f)
            s.Tap?.Take("ffn_relu", i, "UNARY", activated);
        }
        Tensor ffn_out = Project(s, L.FfnDown, Dropout.Forward(s.Pass, activated), "ffn_out", i);                           // (T, d)
        // Of the last layer llama.cpp calls the output by its use.
        return last ? Add(s, ffn_out, ffn_inp, "result_embd", -1) : Add(s, ffn_out, ffn_inp, "l_out", i);
    }

    private static Tensor Project(State s, Weight weight, Tensor x, string name, int layer)
    {
        Tensor y = Linear.Forward(s.Pass, weight, null, x);
        NamedSteps.TakeProduct(s, weight, name, layer, y);
        return y;
    }

    private Tensor ProjectHeads(State s, Weight weight, Tensor x, string name, int layer)
    {
        Tensor y = Project(s, weight, x, name, layer);
        s.Tap?.Take(name, layer, "RESHAPE", y, C.d_k);
        return y;
    }

    private static Tensor Add(State s, Tensor f, Tensor x, string name, int layer)
    {
        Tensor y = Residual.Forward(s.Pass, Dropout.Forward(s.Pass, f), x);
        s.Tap?.Take(name, layer, "ADD", y);
        return y;
    }
}
