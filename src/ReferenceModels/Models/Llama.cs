using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Models;

/// <summary>
/// LLaMA: Touvron et al. 2023, "LLaMA: Open and Efficient Foundation Language Models", https://arxiv.org/abs/2302.13971
/// (section 2.2), with the grouped-query attention of Llama 2 (https://arxiv.org/abs/2307.09288) and the stretched rotary
/// frequencies of Llama 3.1 (https://arxiv.org/abs/2407.21783).
/// </summary>
/// <remarks>
/// Each layer: x ← x + W_o·Attention(Norm(x)), then x ← x + W_down·SwiGLU(W_gate·Norm(x), W_up·Norm(x)). The papers drop nothing in
/// training; who wants to drops from what is added to x.
/// <code>
/// T    tokens of a pass           V    vocabulary               N    layers
/// n    positions in the cache     d    width of the residual    f    width of the feed-forward
/// H    query heads                G    key/value heads          d_k  width of a head
/// </code>
/// Names of weights are the file's, names of activations llama.cpp's (src/models/llama.cpp of v0.5.0), letters the papers'.
/// </remarks>
internal sealed class Llama : IPackedDecoder
{
    private readonly RopeAngles _angles;

    private Llama(Config config, LlamaWeights weights)
    {
        (C, W) = (config, weights);
        _angles = new RopeAngles(C.d_k, C.RopeBase, C.RopeScaling, W.RopeFactors is null ? [] : W.RopeFactors.AsVector());
    }

    /// <summary>What the model's sizes are.</summary>
    public Config C { get; }

    /// <summary>What it has learned; read-only, shared by all states.</summary>
    public LlamaWeights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads a model.</summary>
    /// <param name="file">Frozen weights stay in it.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">Metadata or tensors are not a LLaMA's.</exception>
    /// <exception cref="UnsupportedRequestException">They are one's that is not implemented here.</exception>
    public static Llama Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        Config config = Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        LlamaWeights weights = LlamaWeights.Read(reader, config);
        reader.RequireAllUsed(Ignored);
        return new Llama(config, weights) { Parameters = reader.Given };
    }

    // Tensors that a LLaMA file may have and that this model does without: none. llama.cpp refuses every other one, too.
    private static readonly Dictionary<string, string> Ignored = [];

    /// <summary>The sizes of a model. Keys and defaults are those that llama.cpp reads.</summary>
    /// <param name="V">Vocabulary size.</param>
    /// <param name="d">embedding_length.</param>
    /// <param name="f">feed_forward_length.</param>
    /// <param name="N">block_count.</param>
    /// <param name="H">attention.head_count.</param>
    /// <param name="G">attention.head_count_kv; H where absent.</param>
    /// <param name="d_k">attention.key_length; d / H where absent.</param>
    /// <param name="TrainedContext">context_length.</param>
    /// <param name="Epsilon">attention.layer_norm_rms_epsilon.</param>
    /// <param name="RopeBase">rope.freq_base; 10,000 where absent.</param>
    /// <param name="RopeScaling">rope.scaling.*.</param>
    internal sealed record Config(
        int V, int d, int f, int N, int H, int G, int d_k, int TrainedContext, float Epsilon, float RopeBase, RopeScaling RopeScaling)
    {
        public static Config Read(GgufMetadata metadata, int vocabulary)
        {
            var read = new ConfigReader(metadata, "llama");
            if (metadata.GetUInt32("llama.expert_count") is > 0 and uint experts)
            {
                throw new UnsupportedRequestException($"Loading a LLaMA: the reference backend runs dense models, this file has {experts} experts. Use the llama.cpp backend.");
            }
            (int d, int N) = (read.Positive("embedding_length"), read.Positive("block_count"));
            int H = read.PerLayer("attention.head_count", N);
            int d_k = read.Positive("attention.key_length", d / H);
            Agree("attention.value_length", read.Positive("attention.value_length", d / H), d_k);
            Agree("rope.dimension_count", read.Positive("rope.dimension_count", d_k), d_k);
            int G = read.PerLayer("attention.head_count_kv", N, H);
            if (H % G != 0)
            {
                throw new ModelFileException($"Reading metadata 'llama.attention.head_count_kv': expected a divisor of head_count {H}, found {G}. Convert the model again.");
            }
            int context = read.Positive("context_length");
            return new Config(
                vocabulary, d, read.PerLayer("feed_forward_length", N), N, H, G, d_k, context,
                read.Float("attention.layer_norm_rms_epsilon"),
                metadata.GetFloat32("llama.rope.freq_base") ?? 10_000,
                ReadRopeScaling(metadata, context));
        }

        // A factor of 0 is how converters write "none".
        private static RopeScaling ReadRopeScaling(GgufMetadata metadata, int context)
        {
            string name = metadata.GetString("llama.rope.scaling.type") ?? "linear";
            float factor = metadata.GetFloat32("llama.rope.scaling.factor") ?? metadata.GetFloat32("llama.rope.scale_linear") ?? 0;
            RopeScalingKind kind = name switch
            {
                "none" => RopeScalingKind.None,
                "linear" => RopeScalingKind.Linear,
                "yarn" => RopeScalingKind.Yarn,
                _ => throw new UnsupportedRequestException($"Loading a LLaMA: the reference backend scales rotary frequencies by none, linear or yarn, this file asks for '{name}'. Use the llama.cpp backend."),
            };
            return new RopeScaling(
                kind, factor == 0 ? 1 : factor,
                metadata.GetUInt32("llama.rope.scaling.original_context_length") is > 0 and uint original ? (int)original : context,
                metadata.GetFloat32("llama.rope.scaling.attn_factor") ?? 1);
        }

        private static void Agree(string key, int found, int d_k)
        {
            if (found != d_k)
            {
                throw new ModelFileException($"Reading metadata 'llama.{key}': expected {d_k}, the size of a head's key, found {found}. Convert the model again.");
            }
        }
    }

    /// <summary>One layer's weights, (out, in) each.</summary>
    internal sealed record Layer
    {
        public required Weight AttnNorm { get; init; }     // (d)
        public required Weight? AttnQKV { get; init; }     // (H·d_k + 2·G·d_k, d): the three below in one
        public required Weight? AttnQKVBias { get; init; } // (H·d_k + 2·G·d_k)
        public required Weight? AttnQ { get; init; }       // (H·d_k, d)
        public required Weight? AttnK { get; init; }       // (G·d_k, d)
        public required Weight? AttnV { get; init; }       // (G·d_k, d)
        public required Weight? AttnQBias { get; init; }   // (H·d_k)
        public required Weight? AttnKBias { get; init; }   // (G·d_k)
        public required Weight? AttnVBias { get; init; }   // (G·d_k)
        public required Weight AttnOutput { get; init; }   // (d, H·d_k)
        public required Weight? AttnOutputBias { get; init; } // (d)
        public required Weight FfnNorm { get; init; }      // (d)
        public required Weight FfnGate { get; init; }      // (f, d)
        public required Weight FfnUp { get; init; }        // (f, d)
        public required Weight FfnDown { get; init; }      // (d, f)
        public required Weight? FfnGateBias { get; init; } // (f)
        public required Weight? FfnUpBias { get; init; }   // (f)
        public required Weight? FfnDownBias { get; init; } // (d)

        public static Layer Read(WeightReader w, Config c)
        {
            (int q, int kv) = (c.H * c.d_k, c.G * c.d_k);
            string fromH = $"head_count {c.H} × head_dim {c.d_k}", fromG = $"head_count_kv {c.G} × head_dim {c.d_k}";
            string fromF = $"embedding_length {c.d} and feed_forward_length {c.f}";
            bool fused = w.Has("attn_qkv.weight"), fusedBias = fused && w.Has("attn_qkv.bias");
            return new Layer
            {
                AttnNorm = w.Vector("attn_norm.weight", c.d, $"embedding_length {c.d}"),
                AttnQKV = w.OptionalMatrix("attn_qkv.weight", q + 2 * kv, c.d, $"{fromH} and twice {fromG}"),
                AttnQKVBias = fused ? w.OptionalVector("attn_qkv.bias", q + 2 * kv, $"{fromH} and twice {fromG}") : null,
                AttnQ = fused ? null : w.Matrix("attn_q.weight", q, c.d, fromH),
                AttnK = fused ? null : w.Matrix("attn_k.weight", kv, c.d, fromG),
                AttnV = fused ? null : w.Matrix("attn_v.weight", kv, c.d, fromG),
                AttnQBias = fusedBias ? null : w.OptionalVector("attn_q.bias", q, fromH),
                AttnKBias = fusedBias ? null : w.OptionalVector("attn_k.bias", kv, fromG),
                AttnVBias = fusedBias ? null : w.OptionalVector("attn_v.bias", kv, fromG),
                AttnOutput = w.Matrix("attn_output.weight", c.d, q, fromH),
                AttnOutputBias = w.OptionalVector("attn_output.bias", c.d),
                FfnNorm = w.Vector("ffn_norm.weight", c.d, $"embedding_length {c.d}"),
                FfnGate = w.Matrix("ffn_gate.weight", c.f, c.d, fromF),
                FfnUp = w.Matrix("ffn_up.weight", c.f, c.d, fromF),
                FfnDown = w.Matrix("ffn_down.weight", c.d, c.f, fromF),
                FfnGateBias = w.OptionalVector("ffn_gate.bias", c.f),
                FfnUpBias = w.OptionalVector("ffn_up.bias", c.f),
                FfnDownBias = w.OptionalVector("ffn_down.bias", c.d),
            };
        }
    }

    /// <summary>All weights.</summary>
    /// <param name="TokenEmbd">(V, d).</param>
    /// <param name="Layers">N of them.</param>
    /// <param name="OutputNorm">(d).</param>
    /// <param name="Output">(V, d); the token embedding itself where the two are tied.</param>
    /// <param name="RopeFactors">(d_k / 2), divisors of the rotary frequencies, or null.</param>
    internal sealed record LlamaWeights(Weight TokenEmbd, IReadOnlyList<Layer> Layers, Weight OutputNorm, Weight Output, Weight? RopeFactors)
    {
        public static LlamaWeights Read(WeightReader w, Config c)
        {
            string fromV = $"embedding_length {c.d} and {c.V} tokens";
            Weight embedding = w.Matrix("token_embd.weight", c.V, c.d, fromV);
            return new LlamaWeights(
                embedding,
                [.. Enumerable.Range(0, c.N).Select(i => Layer.Read(w.Enter($"blk.{i}"), c))],
                w.Vector("output_norm.weight", c.d, $"embedding_length {c.d}"),
                w.OptionalMatrix("output.weight", c.V, c.d, fromV) ?? embedding,
                w.OptionalConstant("rope_freqs.weight", c.d_k / 2, $"half of head_dim {c.d_k}"));
        }
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(
        C.V, C.d, C.N, C.TrainedContext, HasLearnedPositions: false, 8L * C.d + 3 * C.f + 4 * C.H * C.d_k + 4 * C.G * C.d_k);

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => KeyValueCache.Bytes(C.N, C.G * C.d_k, contextLength);

    /// <inheritdoc/>
    /// <remarks>Caches hold rotated keys.</remarks>
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
        Tensor turns = pass.New(tokens.Length, C.d_k);
        _angles.Fill(packing.Positions, turns);
        (int, int) start = pass.Mark;
        Tensor x = NamedSteps.Embedding(s, W.TokenEmbd, tokens);                                   // (T, d)
        for (int i = 0; i < C.N; i++)
        {
            Layer L = W.Layers[i];
            Tensor attn_norm = Norm(s, x, L.AttnNorm, "attn_norm", i);                             // (T, d)
            (Tensor Q, Tensor K, Tensor V) = L.AttnQKV is null
                ? QueriesKeysValues(s, L, attn_norm, turns, i) : Split(s, L, attn_norm, turns, i); // (T, H·d_k), 2 × (T, G·d_k)
            if (i == C.N - 1)
            {
                // Beyond its keys and values, the last layer matters only to the rows asked for.
                (Q, x) = (packing.Wanted(pass, Q), packing.Wanted(pass, x));
            }
            var rule = new AttentionRule(C.H, C.G, 1 / MathF.Sqrt(C.d_k)) { Causal = true };
            Tensor kqv_out = packing.Attend(s, i, Q, K, V, rule);                                  // (T, H·d_k)
            Tensor attn_out = Project(                                                             // (T, d)
                s, L.AttnOutput, L.AttnOutputBias, kqv_out, L.AttnOutputBias is null ? "attn_out" : "attn_output", "attn_out", i);
            Tensor ffn_inp = Residual.Forward(pass, x, Dropout.Forward(pass, attn_out));                                  // (T, d)
            tap?.Take("ffn_inp", i, "ADD", ffn_inp);
            Tensor ffn_norm = Norm(s, ffn_inp, L.FfnNorm, "ffn_norm", i);                          // (T, d)
            Tensor l_out = Residual.Forward(pass, Dropout.Forward(pass, FeedForward(s, L, ffn_norm, i)), ffn_inp); // (T, d)
            tap?.Take("l_out", i, "ADD", l_out);
            x = pass.Keep(start, l_out);
        }
        packing.Advance();
        return Norm(s, x, W.OutputNorm, "result_norm", -1);                                        // (rows, d)
    }

    /// <inheritdoc/>
    public Tensor Logits(State s, Tensor result_norm) => NamedSteps.Product(s, W.Output, result_norm, "result_output", -1);

    private Tensor Norm(State s, Tensor x, Weight gain, string name, int layer) =>
        NamedSteps.RmsNorm(s, x, gain, C.Epsilon, name, layer);

    // In llama.cpp's order: its graph needs the values before the keys.
    private (Tensor Q, Tensor K, Tensor V) QueriesKeysValues(State s, Layer L, Tensor x, Tensor turns, int i)
    {
        Tensor Q = Turn(s, Heads(s, Project(s, L.AttnQ!, L.AttnQBias, x, "Qcur", "Qcur", i), "Qcur", "RESHAPE", i), turns, "Qcur", i);
        Tensor V = Heads(s, Project(s, L.AttnV!, L.AttnVBias, x, "Vcur", "Vcur", i), "Vcur", "RESHAPE", i);
        Tensor K = Turn(s, Heads(s, Project(s, L.AttnK!, L.AttnKBias, x, "Kcur", "Kcur", i), "Kcur", "RESHAPE", i), turns, "Kcur", i);
        return (Q, K, V);
    }

    // The same where the file has the three weights in one.
    private (Tensor Q, Tensor K, Tensor V) Split(State s, Layer L, Tensor x, Tensor turns, int i)
    {
        (Pass pass, int q, int kv) = (s.Pass, C.H * C.d_k, C.G * C.d_k);
        Tensor wqkv = Project(s, L.AttnQKV!, L.AttnQKVBias, x, "wqkv", "wqkv_b", i);              // (T, H·d_k + 2·G·d_k)
        Tensor Q = Columns.Take(pass, wqkv, 0, q), K = Columns.Take(pass, wqkv, q, kv), V = Columns.Take(pass, wqkv, q + kv, kv);
        // llama.cpp takes separate biases over a fused weight only if all three are there.
        if (L is { AttnQBias: { } b_q, AttnKBias: { } b_k, AttnVBias: { } b_v })
        {
            (Q, K, V) = (Bias.Forward(pass, Q, b_q), Bias.Forward(pass, K, b_k), Bias.Forward(pass, V, b_v));
        }
        Q = Turn(s, Heads(s, Q, "Qcur", "VIEW", i), turns, "Qcur", i);
        V = Heads(s, V, "Vcur", "VIEW", i);
        return (Q, Turn(s, Heads(s, K, "Kcur", "VIEW", i), turns, "Kcur", i), V);
    }

    // What is a step of its own in ggml's graph and none here.
    private Tensor Heads(State s, Tensor x, string name, string operation, int layer)
    {
        s.Tap?.Take(name, layer, operation, x, C.d_k);
        return x;
    }

    private Tensor Turn(State s, Tensor x, Tensor turns, string name, int layer)
    {
        Tensor y = Rope.Forward(s.Pass, x, turns);
        s.Tap?.Take(name, layer, "ROPE", y, C.d_k);
        return y;
    }

    private static Tensor FeedForward(State s, Layer L, Tensor x, int i)
    {
        Tensor ffn_gate = Project(s, L.FfnGate, L.FfnGateBias, x, "ffn_gate", "ffn_gate_b", i);    // (T, f)
        Tensor ffn_up = Project(s, L.FfnUp, L.FfnUpBias, x, "ffn_up", "ffn_up_b", i);              // (T, f)
        Tensor ffn_swiglu = SwiGlu.Forward(s.Pass, ffn_gate, ffn_up);                              // (T, f)
        s.Tap?.Take("ffn_swiglu", i, "GLU", ffn_swiglu);
        string product = L.FfnDownBias is null ? "ffn_out" : "ffn_down";
        return Project(s, L.FfnDown, L.FfnDownBias, ffn_swiglu, product, "ffn_out", i);            // (T, d)
    }

    // x Wᵀ, and with a bias x Wᵀ + b, which llama.cpp may call by another name.
    private static Tensor Project(State s, Weight weight, Weight? bias, Tensor x, string product, string sum, int layer) =>
        NamedSteps.Linear(s, weight, bias, x, product, bias is null ? product : sum, layer);
}
