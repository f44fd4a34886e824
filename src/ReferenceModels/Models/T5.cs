using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;
using static ReferenceModels.Models.T5Steps;

namespace ReferenceModels.Models;

/// <summary>
/// T5: Raffel et al. 2019, "Exploring the Limits of Transfer Learning with a Unified Text-to-Text Transformer",
/// https://arxiv.org/abs/1910.10683 (section 2.1), with the gated feed-forward of T5 1.1 and Flan-T5 (Shazeer 2020,
/// https://arxiv.org/abs/2002.05202).
/// </summary>
/// <remarks>
/// An encoder reads the source, a decoder writes the target. Each layer of the encoder: x ← x + W_o·Attention(Norm(x)), then
/// x ← x + FFN(Norm(x)), FFN(x) = W_down·ReLU(W_up·x) or W_down·(GELU(W_gate·x) ⊙ W_up·x). In between, each
/// layer of the decoder attends to the encoded source. Scores are not scaled (the initial weights are), and instead of positions
/// they get a bias by the distance of key and query.
/// <code>
/// T    tokens of a pass           V    vocabulary               N    layers of the encoder
/// n    positions in the cache     d    width of the residual    M    layers of the decoder
/// S    tokens of the source       f    width of feed-forward    H    heads, each of width d_k: H·d_k need not be d
/// </code>
/// Names of weights are the file's, names of activations llama.cpp's (src/models/t5.cpp of v0.5.0), letters the papers'. As there,
/// and unlike in Hugging Face's T5, a head tied to the embedding is not scaled by 1/√d.
/// </remarks>
internal sealed class T5 : IDecoder, IEncoder
{
    private readonly T5Encoder _encoder;

    private T5(T5Config config, T5Weights weights)
    {
        (C, W) = (config, weights);
        _encoder = new T5Encoder(config, new T5Encoder.T5EncoderWeights(weights.TokenEmbd, weights.Encoder, weights.EncoderNorm)) { Parameters = [] };
    }

    /// <summary>The model's sizes.</summary>
    public T5Config C { get; }

    /// <summary>The model's weights; read-only, shared by all states.</summary>
    public T5Weights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads a model.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a T5.</exception>
    public static T5 Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        T5Config config = T5Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        T5Weights weights = T5Weights.Read(reader, config);
        reader.RequireAllUsed(Enumerable.Range(0, config.M).ToDictionary(
            i => $"dec.blk.{i}.cross_attn_rel_b.weight", _ => "Cross-attention has no positions: neither llama.cpp nor Hugging Face reads it."));
        return new T5(config, weights) { Parameters = reader.Given };
    }

    /// <summary>All weights.</summary>
    /// <param name="TokenEmbd">(V, d), of source and target.</param>
    /// <param name="Encoder">N layers.</param>
    /// <param name="EncoderNorm">(d).</param>
    /// <param name="Decoder">M layers.</param>
    /// <param name="DecoderNorm">(d).</param>
    /// <param name="Output">(V, d); the token embedding itself if the two are tied.</param>
    internal sealed record T5Weights(
        Weight TokenEmbd, IReadOnlyList<T5Layer> Encoder, Weight EncoderNorm, IReadOnlyList<T5Layer> Decoder, Weight DecoderNorm, Weight Output)
    {
        public static T5Weights Read(WeightReader w, T5Config c)
        {
            string fromV = $"embedding_length {c.d} and {c.V} tokens", fromD = $"embedding_length {c.d}";
            Weight embedding = w.Matrix("token_embd.weight", c.V, c.d, fromV);
            return new T5Weights(
                embedding,
                T5Layer.ReadStack(w, c, "enc", c.N, crosses: false), w.Vector("enc.output_norm.weight", c.d, fromD),
                T5Layer.ReadStack(w, c, "dec", c.M, crosses: true), w.Vector("dec.output_norm.weight", c.d, fromD),
                w.OptionalMatrix("output.weight", c.V, c.d, fromV) ?? embedding);
        }
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(C.V, C.d, Math.Max(C.N, C.M), C.TrainedContext, HasLearnedPositions: false, 10L * C.d + 3 * C.f + 6 * C.H * C.d_k)
    {
        PairFloats = 2 * C.H, // layer 0's position bias, and that of a layer with its own table
    };

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => 2 * KeyValueCache.Bytes(C.M, C.H * C.d_k, contextLength); // the target's, the source's

    /// <inheritdoc/>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(C.M, C.H * C.d_k, contextLength));

    /// <inheritdoc/>
    public Tensor Encode(State s, ReadOnlySpan<int> source, ReadOnlySpan<int> segments)
    {
        s.Tap?.Part = "encoder";
        Tensor rows = _encoder.Encode(s, source, segments);                                        // (S, d)
        s.Source = ReadBySource(s.Pass, rows);
        s.SourceRows = s.Tap is null ? null : new Tensor(rows.Values.ToArray(), 0, rows.Rows, rows.Columns);
        return rows;
    }

    /// <inheritdoc/>
    /// <exception cref="InvalidOperationException">No source was encoded.</exception>
    public Tensor Forward(State s, ReadOnlySpan<int> tokens, int rows)
    {
        KeyValueCache source = s.Source ?? throw new InvalidOperationException("Decoding with a T5: expected an encoded source, found none. Call Encode first.");
        (Pass pass, int T, int n) = (s.Pass, tokens.Length, s.Cache.Length);
        pass.Release(default);
        Tensor bias_0 = RelativePositionBias.Forward(pass, W.Decoder[0].RelB, T, n + T, first: n, bidirectional: false); // (H·T, n + T)
        (int, int) start = pass.Mark;
        s.Tap?.Part = "decoder";
        Tensor x = Embed(s, W.TokenEmbd, tokens);                                                  // (T, d)
        AttentionRule seesSource = new(C.H, C.H, Scale: 1) { Drops = true }, seesTarget = seesSource with { Causal = true, First = n };
        for (int i = 0; i < C.M; i++)
        {
            (T5Layer L, T5AttentionWeights cross) = (W.Decoder[i], W.Decoder[i].Cross!);
            Tensor attn_norm = Norm(C, s, x, L.Self.Norm, "attn_norm", i);                         // (T, d)
            Tensor Q = ProjectHeads(C, s, L.Self.Q, attn_norm, "Qcur", i);                         // (T, H·d_k)
            Tensor V = ProjectHeads(C, s, L.Self.V, attn_norm, "Vcur", i);                         // (T, H·d_k)
            Tensor K = ProjectHeads(C, s, L.Self.K, attn_norm, "Kcur", i);                         // (T, H·d_k)
            (K, V) = s.Cache.Append(pass, i, K, V);                                                // (n + T, H·d_k)
            Tensor pos_bias = PositionBias(C, s, W.Decoder, i, bias_0, T, first: n, bidirectional: false);                  // (H·T, n + T)
            Tensor kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, seesTarget with { Bias = pos_bias }); // (T, H·d_k)
            Tensor cross_inp = Add(s, Project(s, L.Self.O, kqv_out, "kqv_out", i), x, "cross_inp", i); // (T, d)

            Tensor attn_norm_cross = Norm(C, s, cross_inp, cross.Norm, "attn_norm_cross", i);      // (T, d)
            Q = Project(s, cross.Q, attn_norm_cross, "Qcur", i);                                   // (T, H·d_k)
            (K, V) = s is { Tap: not null, SourceRows: { } encoded }                               // (S, H·d_k)
                ? (Project(s, cross.K, encoded, "Kcur", i), Project(s, cross.V, encoded, "Vcur", i)) : source.Read(pass, i);
            kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, seesSource);                       // (T, H·d_k)
            Tensor cross_out = Project(s, cross.O, kqv_out, "kqv_out", i);                         // (T, d)
            if (i == C.M - 1)
            {
                // The rest works on each row separately, so it is needed only for the requested rows.
                (cross_out, cross_inp) = (cross_out.Slice(T - rows, rows), cross_inp.Slice(T - rows, rows));
            }
            Tensor ffn_inp = Add(s, cross_out, cross_inp, "ffn_inp", i);                           // (T, d)
            Tensor ffn_norm = Norm(C, s, ffn_inp, L.FfnNorm, "ffn_norm", i);                       // (T, d)
            x = pass.Keep(start, FeedForward(s, L, ffn_inp, ffn_norm, i, last: i == C.M - 1));     // (T, d)
        }
        s.Cache.Advance(T);
        return Dropout.Forward(pass, Norm(C, s, x, W.DecoderNorm, "result_norm", -1));             // (rows, d)
    }

    /// <inheritdoc/>
    public Tensor Logits(State s, Tensor result_norm) => NamedSteps.Product(s, W.Output, result_norm, "result_output", -1);

    // What the decoder's cross-attention needs from the source, computed once for all tokens of the target.
    private KeyValueCache ReadBySource(Pass pass, Tensor source)
    {
        var cache = new KeyValueCache(C.M, C.H * C.d_k, source.Rows);
        for (int i = 0; i < C.M; i++)
        {
            (int, int) mark = pass.Mark;
            T5AttentionWeights cross = W.Decoder[i].Cross!;
            cache.Append(pass, i, Linear.Forward(pass, cross.K, null, source), Linear.Forward(pass, cross.V, null, source)); // (S, H·d_k) each
            pass.Release(mark);
        }
        cache.Advance(source.Rows);
        return cache;
    }
}
