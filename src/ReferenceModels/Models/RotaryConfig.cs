using Engine;
using Engine.Gguf;
using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>The sizes that LLaMA and its descendants share. Keys and defaults are those that llama.cpp reads.</summary>
internal sealed record RotaryConfig
{
    /// <summary>The architecture's name in a file.</summary>
    public required string Architecture { get; init; }

    /// <summary>Vocabulary size.</summary>
    public required int V { get; init; }

    /// <summary>embedding_length.</summary>
    public required int d { get; init; }

    /// <summary>feed_forward_length; 0 if absent, which only a mixture of experts may leave out.</summary>
    public required int f { get; init; }

    /// <summary>block_count.</summary>
    public required int N { get; init; }

    /// <summary>attention.head_count.</summary>
    public required int H { get; init; }

    /// <summary>attention.head_count_kv; H where absent.</summary>
    public required int G { get; init; }

    /// <summary>attention.key_length; d / H where absent.</summary>
    public required int d_k { get; init; }

    /// <summary>rope.dimension_count, numbers of a head that are rotated; d_k where absent.</summary>
    public required int Rotated { get; init; }

    /// <summary>Which numbers of a head are rotated together: a property of the architecture, not stored in files.</summary>
    public required RopePairs Pairs { get; init; }

    /// <summary>context_length.</summary>
    public required int TrainedContext { get; init; }

    /// <summary>attention.layer_norm_rms_epsilon.</summary>
    public required float Epsilon { get; init; }

    /// <summary>rope.freq_base; 10,000 where absent.</summary>
    public required float RopeBase { get; init; }

    /// <summary>rope.scaling.*.</summary>
    public required RopeScaling RopeScaling { get; init; }

    /// <summary>The heads, as <see cref="Rope"/> rotates them.</summary>
    public RopeHeads Heads => new(d_k, Rotated, Pairs);

    /// <summary>Which positions a query sees, and the factor of its scores: all up to its own, and 1/√d_k.</summary>
    public AttentionRule Attention => new(H, G, 1 / MathF.Sqrt(d_k)) { Causal = true };

    /// <summary>Reads the sizes of a model whose heads are rotated whole, or partly where the architecture allows it.</summary>
    /// <exception cref="ModelFileException">The numbers do not describe a valid model.</exception>
    /// <exception cref="UnsupportedRequestException">They describe a model that is not implemented here.</exception>
    public static RotaryConfig Read(GgufMetadata metadata, string architecture, int vocabulary, RopePairs pairs, bool partly = false)
    {
        if (metadata.GetBool($"{architecture}.attention.causal") is false)
        {
            throw new UnsupportedRequestException(
                $"Loading a model of '{architecture}': the reference backend supports only causal attention, but this file sets attention.causal to false. Use the llama.cpp backend.");
        }
        var read = new ConfigReader(metadata, architecture);
        (int d, int N) = (read.Positive("embedding_length"), read.Positive("block_count"));
        int H = read.PerLayer("attention.head_count", N);
        int d_k = read.Positive("attention.key_length", Math.Max(1, d / H));
        Agree("attention.value_length", read.Positive("attention.value_length", Math.Max(1, d / H)));
        int rotated = read.Positive("rope.dimension_count", d_k);
        if (!partly)
        {
            Agree("rope.dimension_count", rotated);
        }
        else if (rotated > d_k || rotated % 2 != 0)
        {
            throw read.Refuse("rope.dimension_count", $"an even number up to {d_k}, the size of a head's key", $"{rotated}");
        }
        int G = read.PerLayer("attention.head_count_kv", N, H);
        if (H % G != 0)
        {
            throw read.Refuse("attention.head_count_kv", $"a divisor of head_count {H}", $"{G}");
        }
        int context = read.Positive("context_length");
        return new RotaryConfig
        {
            Architecture = architecture,
            V = vocabulary,
            d = d,
            f = read.PerLayer("feed_forward_length", N, absent: 0),
            N = N,
            H = H,
            G = G,
            d_k = d_k,
            Rotated = rotated,
            Pairs = pairs,
            TrainedContext = context,
            Epsilon = read.Float("attention.layer_norm_rms_epsilon"),
            RopeBase = read.Float("rope.freq_base", 10_000),
            RopeScaling = ReadRopeScaling(metadata, read, architecture, context),
        };

        void Agree(string key, int found)
        {
            if (found != d_k)
            {
                throw read.Refuse(key, $"{d_k}, the size of a head's key", $"{found}");
            }
        }
    }

    /// <summary>The same for a dense model, which must give the width of its feed-forward.</summary>
    /// <exception cref="ModelFileException">The file does not give it.</exception>
    public RotaryConfig Dense(GgufMetadata metadata) =>
        f > 0 ? this : this with { f = new ConfigReader(metadata, Architecture).Positive("feed_forward_length") };

    // Converters write a factor of 0 for "none".
    private static RopeScaling ReadRopeScaling(GgufMetadata metadata, ConfigReader read, string architecture, int context)
    {
        string name = metadata.GetString($"{architecture}.rope.scaling.type") ?? "linear";
        float factor = read.Float("rope.scaling.factor", read.Float("rope.scale_linear", 0));
        RopeScalingKind kind = name switch
        {
            "none" => RopeScalingKind.None,
            // With longrope the file has a divisor for each frequency, in one set for inputs within the original context and one for longer inputs.
            "linear" or "longrope" => RopeScalingKind.Linear,
            "yarn" => RopeScalingKind.Yarn,
            _ => throw read.Refuse("rope.scaling.type", "none, linear, yarn or longrope", $"'{name}'"),
        };
        return new RopeScaling(
            kind, factor == 0 ? 1 : factor, read.Positive("rope.scaling.original_context_length", context), read.Float("rope.scaling.attn_factor", 1));
    }
}
