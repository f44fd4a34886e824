namespace Engine.Sampling;

/// <summary>The memory of <see cref="Candidates"/>, made once, so that nothing is allocated per token.</summary>
/// <param name="vocabulary">V.</param>
/// <param name="room">The maximum number of candidates that are listed.</param>
/// <param name="ranks">Whether candidates are sorted.</param>
/// <param name="changes">Whether logits change while all V tokens are candidates.</param>
internal sealed class CandidateBuffers(int vocabulary, int room, bool ranks, bool changes)
{
    /// <summary>The changed logits (V).</summary>
    public float[] Row { get; } = changes ? new float[vocabulary] : [];

    /// <summary>The keys by which candidates are sorted, see <see cref="LargestLogits"/>.</summary>
    public ulong[] Keys { get; } = ranks ? new ulong[room] : [];

    public int[] Tokens { get; } = new int[room];

    public float[] Logits { get; } = new float[room];

    public float[] Weights { get; } = new float[room];
}
