using Engine.LlamaCpp.Memory;
using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>Which inputs are evaluated together: of similar length, for every token is compared with all tokens of its group.</summary>
internal static class InputGroups
{
    /// <summary>Inputs in one evaluation at the most.</summary>
    /// <remarks>Measured with 64 texts of 20 tokens: 8 to 32 in one evaluation take 0.7 to 0.85 of the time of one by one, and 64 no less than 32.</remarks>
    public const int MostInputs = 32;

    /// <summary>Tokens that several inputs have together at the most.</summary>
    /// <remarks>Measured on one core with 256 texts of 12 to 27 tokens: an encoder of width 384 embeds 268 of them a second one by one, 324 with 128 tokens
    /// together, 330 with 256 and 311 with 512, where comparing all with all costs more than it saves; one of width 64 embeds 1504, 2692, 2348 and 2198.</remarks>
    public const int MostTokens = 256;

    /// <summary>The indices of the inputs, group by group, from the shortest input on. One that is longer than what goes together is alone.</summary>
    public static IEnumerable<int[]> Of(IReadOnlyList<PassInput> inputs, ContextShape shape)
    {
        int most = Math.Min(MostTokens, shape.Batch);
        var group = new List<int>();
        int tokens = 0;
        foreach (int input in Enumerable.Range(0, inputs.Count).OrderBy(i => inputs[i].Tokens.Length))
        {
            int length = inputs[input].Tokens.Length;
            if (group.Count > 0 && (group.Count == shape.Sequences || tokens + length > most))
            {
                yield return [.. group];
                group.Clear();
                tokens = 0;
            }
            group.Add(input);
            tokens += length;
        }
        if (group.Count > 0)
        {
            yield return [.. group];
        }
    }
}
