namespace Engine.Sampling;

/// <summary>The memory of <see cref="Candidates"/>, made once, so that nothing is allocated per token.</summary>
/// <param name="vocabulary">V.</param>
/// <param name="room">How many candidates are listed at most.</param>
/// <param name="ranks">Whether some are put in order.</param>
/// <param name="changes">Whether logits change while all V tokens are candidates.</param>
internal sealed class CandidateBuffers(int vocabulary, int room, bool ranks, bool changes)
{
    /// <summary>The changed logits (V).</summary>
    public float[] Row { get; } = changes ? new float[vocabulary] : [];

    /// <summary>What candidates are ordered by, see <see cref="LargestLogits"/>.</summary>
    public ulong[] Keys { get; } = ranks ? new ulong[room] : [];

    public int[] Tokens { get; } = new int[room];

    public float[] Logits { get; } = new float[room];

    public float[] Weights { get; } = new float[room];
}
