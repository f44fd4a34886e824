using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// BERT: Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for Language Understanding",
/// https://arxiv.org/abs/1810.04805 (section 3, figure 2).
/// </summary>
/// <remarks>
/// x = LN(E_token + E_segment + E_position); each layer: x ← LN(x + W_o·Attention(x)), then x ← LN(x + W_down·GELU(W_up·x)).
/// Every token attends to its whole input. Training applies dropout to the embedding, the attention weights, and what is added to x (appendix A.2,
/// and the authors' modeling.py). The scores: W_cls.output·tanh(W_cls·x_0), with x_0 the row of the first token.
/// <code>
/// T    tokens of the inputs       V    vocabulary               N    layers
/// S    kinds of segment           d    width of the residual    f    width of the feed-forward
/// H    query heads                G    key/value heads          d_k  width of a head, d / H
/// C    scores of the classifier
/// </code>
/// Names of weights are the file's, names of activations llama.cpp's (src/models/bert.cpp of v0.5.0), or those that
/// Engine.LlamaCpp.Taps.GraphNode gives to unnamed ones. BERT has H = G; llama.cpp also accepts fewer key/value heads.
/// </remarks>
internal sealed class Bert : IRanker, IPackedEncoder
{
    private Bert(Config config, BertWeights weights) => (C, W) = (config, weights);

    /// <summary>The model's sizes.</summary>
    public Config C { get; }

    /// <summary>The model's weights; read-only, shared by all states.</summary>
    public BertWeights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a BERT.</exception>
    public static Bert Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        Config config = Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        BertWeights weights = BertWeights.Read(reader, config);
        reader.RequireAllUsed(Ignored);
        return new Bert(config, weights) { Parameters = reader.Given };
    }

    // Tensors that a BERT file may have but this model ignores: none. llama.cpp also refuses all others.
    private static readonly Dictionary<string, string> Ignored = [];

    /// <summary>The sizes of a model. Keys and defaults are those that llama.cpp reads.</summary>
    /// <param name="V">Vocabulary size.</param>
    /// <param name="d">embedding_length.</param>
    /// <param name="f">feed_forward_length.</param>
    /// <param name="N">block_count.</param>
    /// <param name="H">attention.head_count.</param>
    /// <param name="G">attention.head_count_kv; H where absent.</param>
    /// <param name="S">tokenizer.ggml.token_type_count.</param>
    /// <param name="C">Number of classifier.output_labels; 1 where absent.</param>
    /// <param name="Positions">context_length, the number of learned positions.</param>
    /// <param name="Epsilon">attention.layer_norm_epsilon.</param>
    internal sealed record Config(int V, int d, int f, int N, int H, int G, int S, int C, int Positions, float Epsilon)
    {
        public int d_k => d / H;

        public static Config Read(GgufMetadata metadata, int vocabulary)
        {
            var read = new ConfigReader(metadata, "bert");
            (int d, int N) = (read.Positive("embedding_length"), read.Positive("block_count"));
            (int H, int G) = read.Heads(d, N);
            return new Config(
                vocabulary, d, read.PerLayer("feed_forward_length", N), N, H, G,
                new ConfigReader(metadata, "tokenizer.ggml").Positive("token_type_count"), GgufUsage.ClassifierWidth(metadata),
                read.Positive("context_length"), read.Float("attention.layer_norm_epsilon"));
        }
    }

    /// <summary>One layer's weights, (out, in) each.</summary>
    internal sealed record Layer
    {
        public required Weight? AttnQKV { get; init; }           // (d + 2·G·d_k, d): the three below in one
        public required Weight? AttnQKVBias { get; init; }       // (d + 2·G·d_k)
        public required Weight? AttnQ { get; init; }             // (d, d)
        public required Weight? AttnK { get; init; }             // (G·d_k, d)
        public required Weight? AttnV { get; init; }             // (G·d_k, d)
        public required Weight? AttnQBias { get; init; }         // (d)
        public required Weight? AttnKBias { get; init; }         // (G·d_k)
        public required Weight? AttnVBias { get; init; }         // (G·d_k)
        public required Weight AttnOutput { get; init; }         // (d, d)
        public required Weight? AttnOutputBias { get; init; }    // (d)
        public required Weight AttnOutputNorm { get; init; }     // (d)
        public required Weight AttnOutputNormBias { get; init; } // (d)
        public required Weight FfnUp { get; init; }              // (f, d)
        public required Weight? FfnUpBias { get; init; }         // (f)
        public required Weight FfnDown { get; init; }            // (d, f)
        public required Weight? FfnDownBias { get; init; }       // (d)
        public required Weight LayerOutputNorm { get; init; }    // (d)
        public required Weight LayerOutputNormBias { get; init; } // (d)

        public static Layer Read(WeightReader w, Config c)
        {
            (int q, int kv) = (c.d, c.G * c.d_k);
            string fromD = $"embedding_length {c.d}", fromF = $"feed_forward_length {c.f}", fromDF = $"{fromD} and {fromF}";
            string fromG = $"head_count_kv {c.G} × head_dim {c.d_k}";
            bool fused = w.Has("attn_qkv.weight"), fusedBias = fused && w.Has("attn_qkv.bias");
            return new Layer
            {
                AttnQKV = w.OptionalMatrix("attn_qkv.weight", q + 2 * kv, c.d, $"{fromD} and twice {fromG}"),
                AttnQKVBias = fused ? w.OptionalVector("attn_qkv.bias", q + 2 * kv, $"{fromD} and twice {fromG}") : null,
                AttnQ = fused ? null : w.Matrix("attn_q.weight", q, c.d, fromD),
                AttnK = fused ? null : w.Matrix("attn_k.weight", kv, c.d, fromG),
                AttnV = fused ? null : w.Matrix("attn_v.weight", kv, c.d, fromG),
                AttnQBias = fusedBias ? null : w.OptionalVector("attn_q.bias", q, fromD),
                AttnKBias = fusedBias ? null : w.OptionalVector("attn_k.bias", kv, fromG),
                AttnVBias = fusedBias ? null : w.OptionalVector("attn_v.bias", kv, fromG),
                AttnOutput = w.Matrix("attn_output.weight", c.d, c.d, fromD),
                AttnOutputBias = w.OptionalVector("attn_output.bias", c.d, fromD),
                AttnOutputNorm = w.Vector("attn_output_norm.weight", c.d, fromD),
                AttnOutputNormBias = w.Vector("attn_output_norm.bias", c.d, fromD),
                FfnUp = w.Matrix("ffn_up.weight", c.f, c.d, fromDF),
                FfnUpBias = w.OptionalVector("ffn_up.bias", c.f, fromF),
                FfnDown = w.Matrix("ffn_down.weight", c.d, c.f, fromDF),
                FfnDownBias = w.OptionalVector("ffn_down.bias", c.d, fromD),
                LayerOutputNorm = w.Vector("layer_output_norm.weight", c.d, fromD),
                LayerOutputNormBias = w.Vector("layer_output_norm.bias", c.d, fromD),
            };
        }
    }

    /// <summary>All weights.</summary>
    internal sealed record BertWeights
    {
        public required Weight TokenEmbd { get; init; }         // (V, d)
        public required Weight? TokenTypes { get; init; }       // (S, d)
        public required Weight PositionEmbd { get; init; }      // (Positions, d)
        public required Weight TokenEmbdNorm { get; init; }     // (d)
        public required Weight TokenEmbdNormBias { get; init; } // (d)
        public required IReadOnlyList<Layer> Layers { get; init; }
        public required Weight? Cls { get; init; }              // (d, d), the paper's pooler
        public required Weight? ClsBias { get; init; }          // (d)
        public required Weight? ClsOutput { get; init; }        // (C, d)
        public required Weight? ClsOutputBias { get; init; }    // (C)

        public static BertWeights Read(WeightReader w, Config c)
        {
            string fromD = $"embedding_length {c.d}", fromC = $"{c.C} classifier.output_labels";
            return new BertWeights
            {
                TokenEmbd = w.Matrix("token_embd.weight", c.V, c.d, $"{fromD} and {c.V} tokens"),
                TokenTypes = w.OptionalMatrix("token_types.weight", c.S, c.d, $"{fromD} and token_type_count {c.S}"),
                PositionEmbd = w.Matrix("position_embd.weight", c.Positions, c.d, $"{fromD} and context_length {c.Positions}"),
                TokenEmbdNorm = w.Vector("token_embd_norm.weight", c.d, fromD),
                TokenEmbdNormBias = w.Vector("token_embd_norm.bias", c.d, fromD),
                Layers = [.. Enumerable.Range(0, c.N).Select(i => Layer.Read(w.Enter($"blk.{i}"), c))],
                Cls = w.OptionalMatrix("cls.weight", c.d, c.d, fromD),
                ClsBias = w.OptionalVector("cls.bias", c.d, fromD),
                ClsOutput = w.OptionalMatrix("cls.output.weight", c.C, c.d, $"{fromD} and {fromC}"),
                ClsOutputBias = w.OptionalVector("cls.output.bias", c.C, fromC),
            };
        }
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(C.V, C.d, C.N, C.Positions, HasLearnedPositions: true, RowFloats: 11L * C.d + 4 * C.G * C.d_k + 2 * C.f);

    /// <inheritdoc/>
    public int Segments => W.TokenTypes is null ? 0 : C.S;

    /// <inheritdoc/>
    public int Scores => W.Cls is null && W.ClsOutput is null ? 0 : C.C;

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => 0;

    /// <inheritdoc/>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(0, 0, contextLength));

    /// <inheritdoc/>
    public Tensor Encode(State s, ReadOnlySpan<int> tokens, ReadOnlySpan<int> segments) => Encode(s, tokens, segments, Packing.Whole(tokens.Length));

    /// <inheritdoc/>
    public Tensor Encode(State s, ReadOnlySpan<int> tokens, ReadOnlySpan<int> segments, Packing packing)
    {
        (Pass pass, ActivationTap? tap) = (s.Pass, s.Tap);
        pass.Release(default);
        (int, int) start = pass.Mark;
        Tensor x = pass.Keep(start, Embeddings(s, tokens, segments, packing.Positions));           // (T, d)
        for (int i = 0; i < C.N; i++)
        {
            Layer L = W.Layers[i];
            (Tensor Q, Tensor K, Tensor V) = QueriesKeysValues(s, L, x, i);                        // (T, d), 2 × (T, G·d_k)
            var everywhere = new AttentionRule(C.H, C.G, 1 / MathF.Sqrt(C.d_k)) { Drops = true };
            Tensor kqv_out = packing.Attend(s, i, Q, K, V, everywhere);                             // (T, d)
            Tensor attn_out = NamedSteps.Linear(s, L.AttnOutput, L.AttnOutputBias, kqv_out, null, "kqv_out", i);    // (T, d)
            Tensor attn = Residual.Forward(pass, Dropout.Forward(pass, attn_out), x);                                     // (T, d)
            tap?.Take($"add(kqv_out-{i},{(i == 0 ? "inp_norm-0" : $"layer_output_norm-{i - 1}")})", -1, "ADD", attn);
            Tensor ffn_inp = NamedSteps.LayerNorm(s, attn, L.AttnOutputNorm, L.AttnOutputNormBias, C.Epsilon, "ffn_inp", i); // (T, d)
            Tensor ffn = Residual.Forward(pass, Dropout.Forward(pass, FeedForward(s, L, ffn_inp, i)), ffn_inp); // (T, d)
            tap?.Take($"add(ffn_out-{i},ffn_inp-{i})", -1, "ADD", ffn);
            string? norm = i < C.N - 1 ? "layer_output_norm" : null; // the last is the result
            x = pass.Keep(start, NamedSteps.LayerNorm(s, ffn, L.LayerOutputNorm, L.LayerOutputNormBias, C.Epsilon, norm, i)); // (T, d)
        }
        tap?.Take("result_embd", -1, "ADD", x);
        return x;
    }

    /// <inheritdoc/>
    public Tensor Rank(State s, Tensor rows)
    {
        Tensor x = rows.Slice(0, 1);                                                               // (1, d), the row of [CLS]
        s.Tap?.Take("get_rows(result_embd,cls)", -1, "GET_ROWS", x);
        if (W.Cls is not null)
        {
            x = Tanh.Forward(s.Pass, NamedSteps.Linear(s, W.Cls, W.ClsBias, x, "cls", "cls", -1)); // (1, d)
            s.Tap?.Take(W.ClsOutput is null ? "result_embd_pooled" : "unary(cls)", -1, "UNARY", x);
        }
        if (W.ClsOutput is not null)
        {
            x = NamedSteps.Linear(s, W.ClsOutput, W.ClsOutputBias, x, "cls.output", "result_embd_pooled", -1); // (1, C)
        }
        // llama.cpp returns the first C columns whatever they are; with a pooler but no classifier, those of the pooler.
        return x.Columns == C.C ? x : Columns.Take(s.Pass, x, 0, C.C);
    }

    private Tensor Embeddings(State s, ReadOnlySpan<int> tokens, ReadOnlySpan<int> segments, int[] positions)
    {
        (Pass pass, int T) = (s.Pass, tokens.Length);
        Tensor embd = NamedSteps.Embedding(s, W.TokenEmbd, tokens);                                // (T, d)
        Tensor position_embd = Embedding.Rows(pass, W.PositionEmbd, positions);                    // (T, d)
        s.Tap?.Take("position_embd", -1, "GET_ROWS", position_embd);
        if (W.TokenTypes is not null)
        {
            ReadOnlySpan<int> types = segments.IsEmpty ? new int[T] : segments;
            embd = Residual.Forward(pass, embd, Embedding.Forward(pass, W.TokenTypes, types));     // (T, d)
            s.Tap?.Take("token_types", -1, "ADD", embd);
        }
        Tensor inp_embd = Residual.Forward(pass, position_embd, embd);                             // (T, d)
        s.Tap?.Take("inp_embd", -1, "ADD", inp_embd);
        return Dropout.Forward(pass, NamedSteps.LayerNorm(s, inp_embd, W.TokenEmbdNorm, W.TokenEmbdNormBias, C.Epsilon, "inp_norm", 0));
    }

    private (Tensor Q, Tensor K, Tensor V) QueriesKeysValues(State s, Layer L, Tensor x, int i)
    {
        if (L.AttnQKV is null)
        {
            return (ProjectHeads(s, L.AttnQ!, L.AttnQBias, x, "Qcur", i),
                ProjectHeads(s, L.AttnK!, L.AttnKBias, x, "Kcur", i),
                ProjectHeads(s, L.AttnV!, L.AttnVBias, x, "Vcur", i));
        }
        (Pass pass, int q, int kv) = (s.Pass, C.d, C.G * C.d_k);
        Tensor wqkv = L.AttnQKVBias is null ? Fused(s, L, x, i)
            : NamedSteps.Linear(s, L.AttnQKV, L.AttnQKVBias, x, "wqkv", "wqkv_b", i);              // (T, d + 2·G·d_k)
        Tensor Q = Columns.Take(pass, wqkv, 0, q), K = Columns.Take(pass, wqkv, q, kv), V = Columns.Take(pass, wqkv, q + kv, kv);
        s.Tap?.Take("Qcur", i, "VIEW", Q, C.d_k);
        s.Tap?.Take("Kcur", i, "VIEW", K, C.d_k);
        s.Tap?.Take("Vcur", i, "VIEW", V, C.d_k);
        return (Q, K, V);
    }

    // A fused weight without a fused bias: llama.cpp then uses the separate biases if all three are present.
    private static Tensor Fused(State s, Layer L, Tensor x, int i)
    {
        Tensor wqkv = NamedSteps.Product(s, L.AttnQKV!, x, "wqkv", i);
        if (L is { AttnQBias: { } b_q, AttnKBias: { } b_k, AttnVBias: { } b_v })
        {
            wqkv = Bias.Forward(s.Pass, wqkv, b_q, b_k, b_v);
            s.Tap?.Take("wqkv_b", i, "ADD", wqkv);
        }
        return wqkv;
    }

    private Tensor ProjectHeads(State s, Weight weight, Weight? bias, Tensor x, string name, int i)
    {
        Tensor y = NamedSteps.Linear(s, weight, bias, x, name, name, i);
        s.Tap?.Take(name, i, "RESHAPE", y, C.d_k);
        return y;
    }

    private static Tensor FeedForward(State s, Layer L, Tensor x, int i)
    {
        string up = L.FfnUpBias is null ? "ffn_up" : "ffn_up_b";
        Tensor ffn_up = NamedSteps.Linear(s, L.FfnUp, L.FfnUpBias, x, "ffn_up", up, i);            // (T, f)
        Tensor ffn_gelu = Gelu.Forward(s.Pass, ffn_up);                                            // (T, f)
        s.Tap?.Take("ffn_gelu", i, "UNARY", ffn_gelu);
        return NamedSteps.Linear(s, L.FfnDown, L.FfnDownBias, ffn_gelu, "ffn_down", "ffn_out", i); // (T, d)
    }
}
