namespace Engine.Serving;

/// <summary>Chooses a token from each row of a step, in parallel if that is much work.</summary>
internal static class TokenChoice
{
    // Below either, handing rows to other threads costs more than it saves.
    private const int MinRows = 4;
    private const long MinLogits = 1 << 18;

    /// <param name="rows">The chunks of the step whose logits are wanted, and whose they are.</param>
    /// <param name="batch">The batch that holds the logits.</param>
    /// <param name="vocabulary">The number of logits in a row.</param>
    /// <returns>For each row its token, or the error that its request ends with.</returns>
    public static (GeneratedToken? Token, Exception? Error)[] Of((int Chunk, BatchedGeneration Generation)[] rows, ISequenceBatch batch, int vocabulary)
    {
        var results = new (GeneratedToken? Token, Exception? Error)[rows.Length];
        if (rows.Length >= MinRows && (long)rows.Length * vocabulary >= MinLogits)
        {
            Parallel.For(0, rows.Length, Choose);
        }
        else
        {
            for (int i = 0; i < rows.Length; i++)
            {
                Choose(i);
            }
        }
        return results;

        // A failure to choose a token concerns only that request; the others in the step continue.
        void Choose(int i)
        {
            try
            {
                results[i] = (rows[i].Generation.Continuation.Accept(batch.Row(rows[i].Chunk)), null);
            }
            catch (Exception error)
            {
                results[i] = (null, error);
            }
        }
    }
}
