using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;
using static ReferenceModels.Models.T5Steps;

namespace ReferenceModels.Models;

/// <summary>The encoder of a <see cref="T5"/>: part of one, or alone, as in files of the architecture <c>t5encoder</c> and in the text encoders
/// of other models.</summary>
/// <remarks>Letters and names are those of <see cref="T5"/>.</remarks>
internal sealed class T5Encoder : IEncoder
{
    // In a file with the encoder alone: llama.cpp reads a head if there is one, and does nothing with it.
    private static readonly Dictionary<string, string> Ignored = new() { ["output.weight"] = "An encoder has no head." };

    /// <param name="config">The sizes.</param>
    /// <param name="weights">The weights.</param>
    public T5Encoder(T5Config config, T5EncoderWeights weights) => (C, W) = (config, weights);

    /// <summary>The model's sizes.</summary>
    public T5Config C { get; }

    /// <summary>The model's weights; read-only, shared by all states.</summary>
    public T5EncoderWeights W { get; }

    /// <inheritdoc/>
    public required IReadOnlyList<Weight> Parameters { get; init; }

    /// <summary>Reads an encoder alone.</summary>
    /// <param name="file">The file; frozen weights are used in place.</param>
    /// <param name="vocabulary">V.</param>
    /// <param name="trainable">Copies the weights to F32 and gives them gradients.</param>
    /// <exception cref="ModelFileException">The metadata or tensors are not those of a T5's encoder.</exception>
    public static T5Encoder Load(GgufFile file, int vocabulary, bool trainable = false)
    {
        T5Config config = T5Config.Read(file.Metadata, vocabulary);
        var reader = new WeightReader(file, trainable);
        T5EncoderWeights weights = T5EncoderWeights.Read(reader, config);
        reader.RequireAllUsed(Ignored);
        return new T5Encoder(config, weights) { Parameters = reader.Given };
    }

    /// <summary>All weights.</summary>
    /// <param name="TokenEmbd">(V, d).</param>
    /// <param name="Layers">N of them.</param>
    /// <param name="Norm">(d).</param>
    internal sealed record T5EncoderWeights(Weight TokenEmbd, IReadOnlyList<T5Layer> Layers, Weight Norm)
    {
        public static T5EncoderWeights Read(WeightReader w, T5Config c) => new(
            w.Matrix("token_embd.weight", c.V, c.d, $"embedding_length {c.d} and {c.V} tokens"),
            T5Layer.ReadStack(w, c, "enc", c.N, crosses: false),
            w.Vector("enc.output_norm.weight", c.d, $"embedding_length {c.d}"));
    }

    /// <inheritdoc/>
    public NetworkSizes Sizes => new(C.V, C.d, C.N, C.TrainedContext, HasLearnedPositions: false, 10L * C.d + 3 * C.f + 6 * C.H * C.d_k)
    {
        PairFloats = 2 * C.H, // layer 0's position bias, and that of a layer with its own table
    };

    /// <inheritdoc/>
    public long CacheBytes(int contextLength) => 0;

    /// <inheritdoc/>
    public State CreateState(Pass pass, int contextLength) => new(pass, new KeyValueCache(0, 0, contextLength));

    /// <inheritdoc/>
    public Tensor Encode(State s, ReadOnlySpan<int> source, ReadOnlySpan<int> segments)
    {
        (Pass pass, int S) = (s.Pass, source.Length);
        pass.Release(default);
        Tensor bias_0 = RelativePositionBias.Forward(pass, W.Layers[0].RelB, S, S, first: 0, bidirectional: true); // (H·S, S)
        (int, int) start = pass.Mark;
        Tensor x = Embed(s, W.TokenEmbd, source);                                                  // (S, d)
        var rule = new AttentionRule(C.H, C.H, Scale: 1) { Drops = true };
        for (int i = 0; i < C.N; i++)
        {
            T5Layer L = W.Layers[i];
            Tensor attn_norm = Norm(C, s, x, L.Self.Norm, "attn_norm", i);                         // (S, d)
            Tensor Q = Project(s, L.Self.Q, attn_norm, "Qcur", i);                                 // (S, H·d_k)
            Tensor K = Project(s, L.Self.K, attn_norm, "Kcur", i);                                 // (S, H·d_k)
            Tensor V = Project(s, L.Self.V, attn_norm, "Vcur", i);                                 // (S, H·d_k)
            Tensor pos_bias = PositionBias(C, s, W.Layers, i, bias_0, S, first: 0, bidirectional: true);                  // (H·S, S)
            Tensor kqv_out = MultiHeadAttention.Forward(s, i, Q, K, V, rule with { Bias = pos_bias }); // (S, H·d_k)
            Tensor ffn_inp = Add(s, Project(s, L.Self.O, kqv_out, "kqv_out", i), x, "ffn_inp", i); // (S, d)
            Tensor ffn_norm = Norm(C, s, ffn_inp, L.FfnNorm, "ffn_norm", i);                       // (S, d)
            x = pass.Keep(start, FeedForward(s, L, ffn_inp, ffn_norm, i, last: i == C.N - 1));     // (S, d)
        }
        return Dropout.Forward(pass, Norm(C, s, x, W.Norm, "result_norm", -1));                    // (S, d)
    }
}
