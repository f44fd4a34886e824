using Engine.Serving;

namespace Engine.LlamaCpp;

/// <summary>A part of a chunk in a call of llama.cpp.</summary>
/// <param name="Chunk">Index of the chunk in its step.</param>
/// <param name="First">Index of its first token.</param>
/// <param name="Count">Number of tokens.</param>
internal readonly record struct StepPart(int Chunk, int First, int Count);

/// <summary>How a step is divided into calls so that no digit of a row depends on what else the step holds.</summary>
/// <remarks>Products of one column and of several are computed by different code, which rounds differently: measured in v0.5.0 for F32 and F16 weights and
/// for the scores of attention, by up to a step of the last digit. Moreover, llama.cpp divides chunks of unequal length into micro-batches of equally many
/// tokens each, which leaves single tokens over. So a piece of a prompt is evaluated alone and never as one token; single tokens together
/// only where one column and several have the same code.</remarks>
internal static class StepCalls
{
    /// <summary>The calls in order.</summary>
    /// <param name="chunks">The step's.</param>
    /// <param name="microBatch">The maximum number of tokens of a piece; at least 4.</param>
    /// <param name="columnsAgree">Whether products of one column and of several have the same digits.</param>
    public static IReadOnlyList<IReadOnlyList<StepPart>> Exact(IReadOnlyList<SequenceChunk> chunks, int microBatch, bool columnsAgree)
    {
        var calls = new List<IReadOnlyList<StepPart>>();
        var singles = new List<StepPart>();
        for (int i = 0; i < chunks.Count; i++)
        {
            int length = chunks[i].Tokens.Length;
            if (length == 1)
            {
                singles.Add(new(i, 0, 1));
                continue;
            }
            for (int first = 0; first < length;)
            {
                int left = length - first;
                int count = left == microBatch + 1 ? microBatch - 1 : Math.Min(microBatch, left);
                calls.Add([new(i, first, count)]);
                first += count;
            }
        }
        if (columnsAgree && singles.Count > 0)
        {
            // A micro-batch accepts sequences only in ascending order.
            calls.Insert(0, [.. singles.OrderBy(part => chunks[part.Chunk].Sequence)]);
        }
        else
        {
            calls.InsertRange(0, singles.Select(part => (IReadOnlyList<StepPart>)[part]));
        }
        return calls;
    }
}
