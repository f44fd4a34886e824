using Engine.LlamaCpp.Devices;
using Engine.LlamaCpp.Memory;
using Engine.LlamaCpp.Taps;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>The shapes of a model's contexts for each purpose.</summary>
/// <param name="plan">What is loaded.</param>
/// <param name="device">The device it is loaded on.</param>
/// <param name="variant">How it computes.</param>
/// <param name="vocabularySize">V.</param>
internal sealed class ContextShapes(LoadPlan plan, DeviceChoice device, NativeVariant variant, int vocabularySize)
{
    // The maximum number of tokens of a step. They are divided into micro-batches, so that a step may be of any size below.
    private const int StepTokens = 512;

    /// <summary>Tokens evaluated at once.</summary>
    public int MicroBatch { get; } = Math.Min(plan.ContextLength,
        variant.MicroBatch ?? (plan.Options.MicroBatch > 0 ? plan.Options.MicroBatch : device.Devices.Count == 0 ? ContextMemory.MicroBatch : ContextMemory.DeviceMicroBatch));

    /// <summary>Rows of logits at once.</summary>
    public int Rows => variant.MicroBatch is null ? Math.Min(MicroBatch, ContextMemory.OutputRows(vocabularySize)) : MicroBatch;

    private int Length => plan.ContextLength;

    /// <summary>The shape of a batch. In the exact mode no sequence's digits depend on another's: each has cells of its own, keys and values
    /// are F32, and there is no flash attention, which cuts the work by the width of all.</summary>
    public ContextShape Batch(BatchShape asked)
    {
        bool exact = plan.Options.Exact;
        ContextShape shape = Shape(Length, batch: 1, asked.Sequences, exact ? Numerics.Strict : Numerics.Production) with
        {
            Sequences = asked.Sequences,
            Cells = asked.Cells,
            // If there are enough cells to give every sequence a whole context, each has its own: a token is then compared only with its own
            // sequence's cells (16 sequences of 500 tokens: 389 ms a step instead of 544), and a prefix is shared by copying (3 ms for 1024 tokens).
            // Nor does llama.cpp then look at 256 sequences in pairs at every step, as it does if cells are one pool (some 50 µs).
            IsUnified = !exact && asked.Cells < (long)asked.Sequences * Length,
        };
        int batch = Math.Min(shape.Cells, Math.Max(StepTokens, MicroBatch));
        return shape with { Batch = batch, MicroBatch = Math.Min(MicroBatch, batch) };
    }

    /// <summary>The shape for one request that generates or scores.</summary>
    public ContextShape Generating(Numerics numerics) => plan.Facts.HasSource ? Encoding(Length, numerics) : Shape(Length, MicroBatch, Rows, numerics);

    /// <summary>The shape for an encoder–decoder, or for its encoder alone: a source goes through it in one piece.</summary>
    /// <remarks>llama.cpp makes room for as many rows of logits as the source has tokens, used or not.</remarks>
    public ContextShape Encoding(int tokens, Numerics numerics, GraphTap? tap = null) =>
        Shape(tokens, tokens, tokens, numerics) with { Embeds = !plan.Facts.HasSource, Tap = tap, Encodes = true };

    /// <summary>The shape for inputs whose tokens all give a row after the final norm.</summary>
    public ContextShape Embedding(Numerics numerics) =>
        plan.Facts.Encodes ? Encoding(Length, numerics)
        : Packing(Shape(Length, plan.Facts.IsWhole ? Length : Rows, plan.Facts.IsWhole ? Length : Rows, numerics) with { Embeds = true }); // llama.cpp always computes logits as well

    /// <summary>The same for the tokens of one request in one batch.</summary>
    public ContextShape Embedding(Numerics numerics, int tokens, GraphTap tap) =>
        plan.Facts.Encodes ? Encoding(tokens, numerics, tap) : Shape(tokens, tokens, tokens, numerics) with { Embeds = true, Tap = tap };

    /// <summary>The shape for inputs that get the classifier's scores.</summary>
    public ContextShape Ranking(Numerics numerics, int? tokens = null, GraphTap? tap = null)
    {
        int length = tokens ?? Length;
        return Packing(Shape(length, length, length, numerics) with { Embeds = true, Pooling = Pooling.Rank, Tap = tap });
    }

    /// <summary>The shape for one request whose tokens all give logits in one batch.</summary>
    public ContextShape Tapping(int tokens, Numerics numerics, GraphTap tap) => Shape(tokens, tokens, tokens, numerics) with { Tap = tap };

    private ContextShape Shape(int length, int batch, int outputs, Numerics numerics)
    {
        var shape = new ContextShape(length, batch, outputs, numerics);
        if (numerics == Numerics.Production)
        {
            // For flash attention, llama.cpp casts F32 keys and values to F16.
            bool rounds = plan.Options is { CacheType: CacheType.F32, FlashAttention: FlashAttention.Auto };
            shape = shape with { Cache = plan.Options.CacheType, Flash = rounds ? FlashAttention.Off : plan.Options.FlashAttention };
        }
        return variant.FlashAttention is { } flash ? shape with { Flash = flash ? FlashAttention.On : FlashAttention.Off } : shape;
    }

    // Room for several inputs, but not in strict numerics, where neighbours would change the last digits.
    private ContextShape Packing(ContextShape shape)
    {
        if (shape is not { Numerics: Numerics.Production, Tap: null })
        {
            return shape;
        }
        int batch = plan.Facts.IsWhole ? Math.Max(shape.Batch, PackedInputs.MaxTokens) : shape.Batch;
        return shape with
        {
            Batch = batch,
            Outputs = batch,
            Cells = Math.Max(shape.Length, batch),
            Sequences = Math.Min(PackedInputs.MaxInputs, batch),
            IsUnified = true,
        };
    }
}
