using Engine.LlamaCpp.Memory;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>Limits on how much llama.cpp evaluates together, because every token is compared with all tokens of its group.</summary>
internal static class PackedInputs
{
    /// <summary>The maximum number of inputs in one evaluation.</summary>
    /// <remarks>Measured with 64 texts of 20 tokens: evaluating 8 to 32 together takes 0.7 to 0.85 of the time of one by one, and 64 are no faster than 32.</remarks>
    public const int MaxInputs = 32;

    /// <summary>The maximum number of tokens that several inputs have together.</summary>
    /// <remarks>Measured on one core with 256 texts of 12 to 27 tokens: an encoder of width 384 embeds 268 of them a second one by one, 324 with 128 tokens
    /// together, 330 with 256 and 311 with 512, where comparing all with all costs more than it saves; one of width 64 embeds 1504, 2692, 2348 and 2198.</remarks>
    public const int MaxTokens = 256;

    /// <summary>The indices of the inputs, group by group.</summary>
    public static IEnumerable<int[]> Of(IReadOnlyList<PassInput> inputs, ContextShape shape) =>
        InputGroups.Of(inputs, shape.Sequences, Math.Min(MaxTokens, shape.Batch));
}
