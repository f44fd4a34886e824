using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// GPT-2: Radford et al. 2019, "Language Models are Unsupervised Multitask Learners",
/// https://cdn.openai.com/better-language-models/language_models_are_unsupervised_multitask_learners.pdf (section 2.3).
/// </summary>
/// <remarks>
/// x = W_e[token] + W_p[position]; each layer: x ← x + W_o·Attention(LN(x)), then x ← x + W_down·GELU(W_up·LN(x)); one more norm
/// after the last. Training applies dropout to the embedding, the attention weights, and what is added to the residual stream
/// (Radford et al. 2018, section 4.1).
/// <code>
/// T    tokens of a pass           V    vocabulary               N    layers
/// n    positions in the cache     d    width of the residual    f    width of the feed-forward
/// H    query heads                G    key/value heads          d_k  width of a head, d / H
/// </code>
/// Names of weights are the file's, names of activations llama.cpp's (src/models/gpt2.cpp of v0.5.0). GPT-2 has H = G; llama.cpp
/// also accepts fewer key/value heads.
/// </remarks>
internal sealed class Gpt2 : IPackedDecoder
{
    private Gpt2(Config config, Gpt2Weights weights) => (C, W) = (config, weights);

    /// <summary>The model's sizes.</summary>
    public Config C { get; }

    /// <summary>The model's weights; read-only, shared by all states.</summary>
    public Gpt2Weights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a GPT-2.</exception>
    public static Gpt2 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        Config config = Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        Gpt2Weights weights = Gpt2Weights.Read(reader, config);
        reader.RequireAllUsed(Ignored);
        return new Gpt2(config, weights) { Parameters = reader.Given };
    }

    // Tensors that a GPT-2 file may have but this model ignores: none. llama.cpp also refuses all others.
    private static readonly Dictionary<string, string> Ignored = [];

    /// <summary>The sizes of a model. Keys and defaults are those that llama.cpp reads.</summary>
    /// <param name="V">Vocabulary size.</param>
    /// <param name="d">embedding_length.</param>
    /// <param name="f">feed_forward_length.</param>
    /// <param name="N">block_count.</param>
    /// <param name="H">attention.head_count.</param>
    /// <param name="G">attention.head_count_kv; H where absent.</param>
    /// <param name="Positions">context_length, the number of learned positions.</param>
    /// <param name="Epsilon">attention.layer_norm_epsilon.</param>
    internal sealed record Config(int V, int d, int f, int N, int H, int G, int Positions, float Epsilon)
    {
        public int d_k => d / H;

        public static Config Read(GgufMetadata metadata, int vocabulary)
        {
            var read = new ConfigReader(metadata, "gpt2");
            (int d, int N) = (read.Positive("embedding_length"), read.Positive("block_count"));
            (int H, int G) = read.Heads(d, N);
            return new Config(
                vocabulary, d, read.PerLayer("feed_forward_length", N), N, H, G,
                read.Positive("context_length"), read.Float("attention.layer_norm_epsilon"));
        }
    }

    /// <summary>One layer's weights, (out, in) each. Every projection and every norm has its bias.</summary>
    internal sealed record Layer
    {
        public required Weight AttnNorm { get; init; }        // (d)
        public required Weight AttnNormBias { get; init; }    // (d)
        public required Weight AttnQKV { get; init; }         // (d + 2·G·d_k, d): queries, keys, values in one
        public required Weight AttnQKVBias { get; init; }     // (d + 2·G·d_k)
        public required Weight AttnOutput { get; init; }      // (d, d)
        public required Weight AttnOutputBias { get; init; }  // (d)
        public required Weight FfnNorm { get; init; }         // (d)
        public required Weight FfnNormBias { get; init; }     // (d)
        public required Weight FfnUp { get; init; }           // (f, d)
        public required Weight FfnUpBias { get; init; }       // (f)
        public required Weight FfnDown { get; init; }         // (d, f)
        public required Weight FfnDownBias { get; init; }     // (d)

        public static Layer Read(WeightReader w, Config c)
        {
            int qkv = c.d + 2 * c.G * c.d_k;
            string fromD = $"embedding_length {c.d}", fromF = $"feed_forward_length {c.f}", fromDF = $"{fromD} and {fromF}";
            string fromG = $"{fromD} and twice head_count_kv {c.G} × head_dim {c.d_k}";
            return new Layer
            {
                AttnNorm = w.Vector("attn_norm.weight", c.d, fromD),
                AttnNormBias = w.Vector("attn_norm.bias", c.d, fromD),
                AttnQKV = w.Matrix("attn_qkv.weight", qkv, c.d, fromG),
                AttnQKVBias = w.Vector("attn_qkv.bias", qkv, fromG),
                AttnOutput = w.Matrix("attn_output.weight", c.d, c.d, fromD),
                AttnOutputBias = w.Vector("attn_output.bias", c.d, fromD),
                FfnNorm = w.Vector("ffn_norm.weight", c.d, fromD),
                FfnNormBias = w.Vector("ffn_norm.bias", c.d, fromD),
                FfnUp = w.Matrix("ffn_up.weight", c.f, c.d, fromDF),
                FfnUpBias = w.Vector("ffn_up.bias", c.f, fromF),
                FfnDown = w.Matrix("ffn_down.weight", c.d, c.f, fromDF),
                FfnDownBias = w.Vector("ffn_down.bias", c.d, fromD),
            };
        }
    }

    /// <summary>All weights.</summary>
    /// <param name="TokenEmbd">W_e (V, d).</param>
    /// <param name="PositionEmbd">W_p (Positions, d).</param>
    /// <param name="Layers">N of them.</param>
    /// <param name="OutputNorm">(d).</param>
    /// <param name="OutputNormBias">(d).</param>
    /// <param name="Output">(V, d); the token embedding itself if the two are tied, as in the paper.</param>
    internal sealed record Gpt2Weights(
        Weight TokenEmbd, Weight PositionEmbd, IReadOnlyList<Layer> Layers, Weight OutputNorm, Weight OutputNormBias, Weight Output)
    {
        public static Gpt2Weights Read(WeightReader w, Config c)
        {
            string fromD = $"embedding_length {c.d}", fromV = $"{fromD} and {c.V} tokens";
            Weight embedding = w.Matrix("token_embd.weight", c.V, c.d, fromV);
            return new Gpt2Weights(
                embedding,
                w.Matrix("position_embd.weight", c.Positions, c.d, $"{fromD} and context_length {c.Positions}"),
                [.. Enumerable.Range(0, c.N).Select(i => Layer.Read(w.Enter($"blk.{i}"), c))],
                w.Vector("output_norm.weight", c.d, fromD),
                w.Vector("output_norm.bias", c.d, fromD),
                w.OptionalMatrix("output.weight", c.V, c.d, fromV) ?? embedding);
        }
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(C.V, C.d, C.N, C.Positions, HasLearnedPositions: true, RowFloats: 12L * C.d + 4 * C.G * C.d_k + 2 * C.f);

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => KeyValueCache.Bytes(C.N, C.G * C.d_k, contextLength);

    /// <inheritdoc/>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(C.N, C.G * C.d_k, contextLength));

    /// <inheritdoc/>
    public PagedCache CreateCache() => new(C.N, C.G * C.d_k);

    /// <inheritdoc/>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows) => Forward(s, tokens, Packing.Alone(s, tokens.Length, rows));

    /// <inheritdoc/>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, Packing packing)
    {
        (Pass pass, ActivationTap? tap) = (s.Pass, s.Tap);
        pass.Release(default);
        (int, int) start = pass.Mark;
        Tensor embd = NamedSteps.Embedding(s, W.TokenEmbd, tokens);                                // (T, d)
        Tensor pos_embd = Embedding.Rows(pass, W.PositionEmbd, packing.Positions);                 // (T, d)
        tap?.Take("pos_embd", -1, "GET_ROWS", pos_embd);
        Tensor x = Residual.Forward(pass, embd, pos_embd);                                         // (T, d)
        tap?.Take("inpL", -1, "ADD", x);
        x = Dropout.Forward(pass, x);                                                              // (T, d)
        for (int i = 0; i < C.N; i++)
        {
            Layer L = W.Layers[i];
            Tensor attn_norm = NamedSteps.LayerNorm(s, x, L.AttnNorm, L.AttnNormBias, C.Epsilon, "attn_norm", i);         // (T, d)
            Tensor wqkv_b = NamedSteps.Linear(s, L.AttnQKV, L.AttnQKVBias, attn_norm, "wqkv", "wqkv_b", i);               // (T, d + 2·G·d_k)
            (Tensor Q, Tensor K, Tensor V) = QueriesKeysValues(s, wqkv_b, i);                      // (T, d), 2 × (T, G·d_k)
            if (i == C.N - 1)
            {
                // Apart from its keys and values, the last layer is needed only for the requested rows.
                (Q, x) = (packing.Wanted(pass, Q), packing.Wanted(pass, x));
            }
            var rule = new AttentionRule(C.H, C.G, 1 / MathF.Sqrt(C.d_k)) { Causal = true, Drops = true };
            Tensor kqv_out = packing.Attend(s, i, Q, K, V, rule);                                  // (T, d)
            Tensor attn_out = NamedSteps.Linear(s, L.AttnOutput, L.AttnOutputBias, kqv_out, null, "attn_output", i); // (T, d)
            Tensor ffn_inp = Residual.Forward(pass, Dropout.Forward(pass, attn_out), x);                                  // (T, d)
            tap?.Take("ffn_inp", i, "ADD", ffn_inp);
            Tensor ffn_norm = NamedSteps.LayerNorm(s, ffn_inp, L.FfnNorm, L.FfnNormBias, C.Epsilon, "ffn_norm", i);       // (T, d)
            Tensor l_out = Residual.Forward(pass, Dropout.Forward(pass, FeedForward(s, L, ffn_norm, i)), ffn_inp); // (T, d)
            tap?.Take("l_out", i, "ADD", l_out);
            x = pass.Keep(start, l_out);
        }
        packing.Advance();
        return NamedSteps.LayerNorm(s, x, W.OutputNorm, W.OutputNormBias, C.Epsilon, "result_norm", -1);                  // (rows, d)
    }

    /// <inheritdoc/>
    public Tensor Logits(State s, Tensor result_norm) => NamedSteps.Product(s, W.Output, result_norm, "result_output", -1);

    private (Tensor Q, Tensor K, Tensor V) QueriesKeysValues(State s, Tensor wqkv, int i)
    {
        (Pass pass, int q, int kv) = (s.Pass, C.d, C.G * C.d_k);
        Tensor Q = Columns.Take(pass, wqkv, 0, q), K = Columns.Take(pass, wqkv, q, kv), V = Columns.Take(pass, wqkv, q + kv, kv);
        s.Tap?.Take("Qcur", i, "VIEW", Q, C.d_k);
        s.Tap?.Take("Vcur", i, "VIEW", V, C.d_k); // in llama.cpp's order: its graph needs the values before the keys
        s.Tap?.Take("Kcur", i, "VIEW", K, C.d_k);
        return (Q, K, V);
    }

    private static Tensor FeedForward(State s, Layer L, Tensor x, int i)
    {
        Tensor ffn_up = NamedSteps.Linear(s, L.FfnUp, L.FfnUpBias, x, "ffn_up", "ffn_up_b", i);    // (T, f)
        Tensor ffn_gelu = Gelu.Forward(s.Pass, ffn_up);                                            // (T, f)
        s.Tap?.Take("ffn_gelu", i, "UNARY", ffn_gelu);
        return NamedSteps.Linear(s, L.FfnDown, L.FfnDownBias, ffn_gelu, "ffn_down", "ffn_out", i); // (T, d)
    }
}
