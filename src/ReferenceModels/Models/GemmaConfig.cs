using Engine.Gguf;
using ReferenceModels.Ops;

namespace ReferenceModels.Models;

/// <summary>What Gemma 2 and 3 add to the sizes of a LLaMA.</summary>
/// <param name="Shared">The sizes.</param>
internal sealed record GemmaConfig(RotaryConfig Shared)
{
    /// <summary>attention.sliding_window: positions that a query of a local layer sees, up to and including its own; 0 if all layers see all.</summary>
    public required int Window { get; init; }

    /// <summary>(N), whether each layer is local.</summary>
    public required bool[] Local { get; init; }

    /// <summary>rope.freq_base_swa: base of the local layers' rotary frequencies.</summary>
    public required float LocalBase { get; init; }

    /// <summary>How the local layers' rotary frequencies are stretched.</summary>
    public required RopeScaling LocalScaling { get; init; }

    /// <summary>c of the scores' soft cap; 0 for none.</summary>
    public float ScoreCap { get; init; }

    /// <summary>final_logit_softcapping: c of the logits' soft cap; 0 for none.</summary>
    public float LogitCap { get; init; }

    /// <summary>The factor of queries: 1/√d_k, or 1/√(d/H) in the 27B models, which llama.cpp recognizes by their number of layers.</summary>
    /// <param name="layersOfLargest">N of the 27B model.</param>
    public float QueryScale(int layersOfLargest) => 1 / MathF.Sqrt(Shared.N == layersOfLargest ? Shared.d / Shared.H : Shared.d_k);

    /// <summary>The rotation angles of heads, in global and in local layers.</summary>
    public RopeAngles[] Angles() =>
    [
        new(Shared.Rotated, Shared.RopeBase, Shared.RopeScaling, [], Shared.Pairs),
        new(Shared.Rotated, LocalBase, LocalScaling, [], Shared.Pairs),
    ];

    /// <summary>Which positions a query of a layer sees. Queries are already scaled.</summary>
    public AttentionRule Attention(int layer) => Shared.Attention with { Scale = 1, Window = Local[layer] ? Window : 0, SoftCap = ScoreCap };

    /// <summary>Which layers are local: as the file lists them, or all but every n-th.</summary>
    /// <param name="metadata">The file's metadata.</param>
    /// <param name="c">The sizes.</param>
    /// <param name="period">n, if the file does not give it; if n is 0, all layers are local.</param>
    public static bool[] LocalLayers(GgufMetadata metadata, RotaryConfig c, int period)
    {
        string key = $"{c.Architecture}.attention.sliding_window_pattern";
        GgufValue? given = metadata[key];
        bool[]? listed = given?.ElementType == GgufValueType.Bool ? given.ArrayOf<bool>()
            : given?.ElementType is null ? null : [.. metadata.GetInt32s(key)!.Select(number => number != 0)];
        if (listed is not null)
        {
            return [.. Enumerable.Range(0, c.N).Select(i => i < listed.Length && listed[i])];
        }
        uint n = metadata.GetUInt32(key) ?? (uint)period;
        return [.. Enumerable.Range(0, c.N).Select(i => n == 0 || i % n < n - 1)];
    }
}
