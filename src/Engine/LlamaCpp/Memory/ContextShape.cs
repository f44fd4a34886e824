using Engine.LlamaCpp.Taps;

namespace Engine.LlamaCpp.Memory;

/// <summary>The sizes and purpose of a context.</summary>
/// <param name="Length">The maximum number of tokens that a sequence holds.</param>
/// <param name="Batch">The maximum number of tokens of one call.</param>
/// <param name="Outputs">Tokens of a call that may give a row.</param>
/// <param name="Numerics">How exactly it computes.</param>
/// <param name="Embeds">Whether it gives rows after the final norm. Every token then gives one.</param>
/// <param name="Pooling">What llama.cpp pools; <see cref="Pooling.Rank"/> for the classifier's scores.</param>
/// <param name="Tap">Takes activations.</param>
/// <param name="Encodes">Whether it takes the source of an encoder–decoder, of up to Batch tokens, before a target.</param>
internal sealed record ContextShape(
    int Length, int Batch, int Outputs, Numerics Numerics, bool Embeds = false,
    Pooling Pooling = Pooling.None, GraphTap? Tap = null, bool Encodes = false)
{
    /// <summary>llama.cpp's LLAMA_MAX_SEQ.</summary>
    public const int MaxSequences = 256;

    private const int CellPadding = 256; // llama.cpp rounds up to a multiple of it

    /// <summary>How keys and values are kept.</summary>
    public CacheType Cache { get; init; } = Numerics == Numerics.Strict ? CacheType.F32 : CacheType.F16;

    /// <summary>Whether attention stores no scores.</summary>
    public FlashAttention Flash { get; init; } = Numerics == Numerics.Strict ? FlashAttention.Off : FlashAttention.Auto;

    /// <summary>Sequences, numbered from 0.</summary>
    public int Sequences { get; init; } = 1;

    /// <summary>Tokens that are evaluated at once; a call is divided into batches of this size.</summary>
    public int MicroBatch { get => field > 0 ? field : Batch; init; }

    /// <summary>Whether the sequences share one pool of cells. Otherwise each has an equal part for itself.</summary>
    /// <remarks>The graph of T5's decoder supports only a shared pool.</remarks>
    public bool IsUnified { get => field || Encodes; init; }

    /// <summary>Tokens that all sequences hold together, as llama.cpp rounds them.</summary>
    public int Cells
    {
        get
        {
            int asked = field > 0 ? field : Length;
            return IsUnified || Sequences == 1 ? Padded(asked) : (int)Math.Min((long)Padded((asked + Sequences - 1) / Sequences) * Sequences, int.MaxValue);
        }
        init;
    }

    private static int Padded(int cells) => (int)Math.Min(((long)cells + CellPadding - 1) / CellPadding * CellPadding, int.MaxValue - CellPadding + 1);
}
