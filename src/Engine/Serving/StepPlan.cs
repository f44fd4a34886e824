using System.Runtime.InteropServices;

namespace Engine.Serving;

/// <summary>What one step evaluates.</summary>
/// <param name="Chunks">The part of each sequence.</param>
/// <param name="Generations">The generation of each chunk.</param>
/// <param name="LacksCells">Whether a generation could continue if there were cells.</param>
internal sealed record StepPlan(IReadOnlyList<SequenceChunk> Chunks, IReadOnlyList<BatchedGeneration> Generations, bool LacksCells)
{
    // ggml multiplies repacked weights with 16 rows at a time. Each remaining row costs about a third more (15 rows take longer than 16).
    private const int Tile = 16;

    /// <summary>Tokens of all chunks.</summary>
    public int Tokens => Chunks.Sum(chunk => chunk.Tokens.Length);

    /// <summary>The chunks that give a row.</summary>
    public IEnumerable<(int Chunk, BatchedGeneration Generation)> Rows =>
        Chunks.Index().Where(chunk => chunk.Item.WantsRow).Select(chunk => (chunk.Index, Generations[chunk.Index]));

    /// <summary>Whether it reads prompts and nothing else.</summary>
    public bool ReadsOnly { get; init; }

    /// <summary>Plans the next step: a token for every decoding sequence, and pieces of prompts, oldest first, as far as tokens and cells suffice.</summary>
    /// <remarks>If sequences have separate cells, steps of tokens and steps of prompts alternate: a micro-batch of such sequences holds equally many
    /// tokens of each, so a step with both would evaluate the first token of a prompt beside the others, and the rest as an odd number of rows.</remarks>
    /// <param name="running">The generations that have sequences, oldest first.</param>
    /// <param name="sequences">What they hold.</param>
    /// <param name="budget">How many tokens a step may hold.</param>
    public static StepPlan Make(IReadOnlyList<BatchedGeneration> running, BatchSequences sequences, StepBudget budget)
    {
        if (sequences.Batch.IsUnified)
        {
            return Make(running, sequences, budget, decodes: true, reads: true);
        }
        int decoding = running.Count(generation => generation.PausedSince is null && IsDecoding(generation, sequences));
        bool reads = budget.ReadsNext(decoding, running.Count(generation => !IsDecoding(generation, sequences)));
        StepPlan plan = Make(running, sequences, budget, !reads, reads);
        if (plan.Chunks.Count > 0)
        {
            return plan;
        }
        StepPlan other = Make(running, sequences, budget, reads, !reads);
        return other with { LacksCells = plan.LacksCells || other.LacksCells };
    }

    private static StepPlan Make(IReadOnlyList<BatchedGeneration> running, BatchSequences sequences, StepBudget budget, bool decodes, bool reads)
    {
        var chunks = new List<SequenceChunk>(running.Count);
        var generations = new List<BatchedGeneration>(running.Count);
        int tokens = 0;
        bool lacksCells = false;
        ISequenceBatch batch = sequences.Batch;
        BatchedGeneration[] going = [.. running.Where(generation => generation.PausedSince is null)];
        foreach (BatchedGeneration generation in decodes ? going : [])
        {
            if (IsDecoding(generation, sequences) && tokens < batch.StepTokens)
            {
                Add(generation, 1);
            }
        }
        int decoding = going.Count(generation => IsDecoding(generation, sequences));
        int left = reads ? budget.ForPrompts(tokens, decodes ? decoding : 0, running.Count - decoding) : 0;
        foreach (BatchedGeneration generation in going)
        {
            if (IsDecoding(generation, sequences) || left <= 0 || sequences.Follow(generation, running))
            {
                continue;
            }
            int rest = generation.Tokens.Count - sequences.Evaluated(generation);
            int piece = Piece(rest, left, tokens, batch.SmallestPiece);
            left -= piece == 0 ? left : Add(generation, piece);
        }
        return new StepPlan(chunks, generations, lacksCells) { ReadsOnly = !decodes };

        int Add(BatchedGeneration generation, int count)
        {
            int start = sequences.Evaluated(generation);
            int rest = generation.Tokens.Count - start;
            int room = sequences.RoomFor(generation, count, spoken: tokens);
            lacksCells |= room < count;
            count = room == count ? count : Piece(rest, room, 0, batch.SmallestPiece);
            if (count > 0)
            {
                int[] ids = CollectionsMarshal.AsSpan(generation.Tokens).Slice(start, count).ToArray();
                chunks.Add(new SequenceChunk(generation.Sequence!.Value, ids, WantsRow: count == rest));
                generations.Add(generation);
                tokens += count;
            }
            return count;
        }
    }

    private static bool IsDecoding(BatchedGeneration generation, BatchSequences sequences) =>
        generation.Tokens.Count - sequences.Evaluated(generation) == 1;

    /// <summary>Tokens of a prompt's next piece.</summary>
    /// <param name="rest">Tokens that are left of the prompt.</param>
    /// <param name="most">Tokens it may have.</param>
    /// <param name="planned">Tokens of the step that are planned already.</param>
    /// <param name="smallest">Tokens that every piece has at least.</param>
    internal static int Piece(int rest, int most, int planned, int smallest)
    {
        if (rest <= most)
        {
            return rest;
        }
        int piece = Math.Min(most, rest - smallest); // so that the rest is large enough to be a piece, too
        int over = (planned + piece) % Tile;
        piece -= piece - over >= Math.Max(Tile, smallest) ? over : 0;
        return piece >= smallest ? piece : 0;
    }
}
