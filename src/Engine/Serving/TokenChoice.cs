namespace Engine.Serving;

/// <summary>Makes a token of each row of a step, in parallel when that is much work.</summary>
internal static class TokenChoice
{
    // Below either, handing rows to other threads costs more than it saves.
    private const int MinRows = 4;
    private const long MinLogits = 1 << 18;

    /// <param name="rows">The chunks of the step whose logits are wanted, and whose they are.</param>
    /// <param name="batch">Holds the logits.</param>
    /// <param name="vocabulary">Logits of a row.</param>
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

        // A failure to choose a token belongs to that request alone: the others of the step continue.
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
