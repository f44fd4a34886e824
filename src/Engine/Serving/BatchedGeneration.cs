using Engine.Generation;

namespace Engine.Serving;

/// <summary>A generation that waits for the batch or runs in it.</summary>
/// <param name="ticket">Its reader's.</param>
/// <param name="prompt">Ids of the prompt.</param>
/// <param name="begin">Creates its state once it is admitted: the sampler's buffers are as long as the vocabulary.</param>
/// <param name="unread">Tokens that may wait for the reader before the generation does.</param>
/// <param name="reserve">Cells it should find free beside its prompt's.</param>
internal sealed class BatchedGeneration(Ticket<GeneratedToken> ticket, int[] prompt, Func<Continuation> begin, int unread, int reserve)
{
    private Continuation? _continuation;

    /// <summary>Its reader's.</summary>
    public Ticket<GeneratedToken> Ticket { get; } = ticket;

    /// <summary>Tokens that may wait for the reader.</summary>
    public int MaxUnread { get; } = unread;

    /// <summary>Cells it should find free beside those of <see cref="Tokens"/>.</summary>
    public int Reserve { get; } = reserve;

    /// <summary>All ids: the prompt's, then the chosen ones. The batch's sequence knows how many of them are evaluated.</summary>
    public List<int> Tokens { get; } = [.. prompt];

    /// <summary>Tokens of the prompt.</summary>
    public int PromptTokens { get; } = prompt.Length;

    public Continuation Continuation => _continuation ??= begin();

    /// <summary>Its sequence in the batch; null while it waits or is parked.</summary>
    public int? Sequence { get; set; }

    /// <summary>When it first had a sequence.</summary>
    public long? Started { get; set; }

    /// <summary>Tokens of the prompt that were not evaluated for it.</summary>
    public int CachedTokens { get; set; }

    /// <summary>Since when its reader takes nothing.</summary>
    public long? PausedSince { get; set; }

    /// <summary>An older one that is about to evaluate a prefix that both have.</summary>
    public BatchedGeneration? Leader { get; set; }

    /// <summary>Length of that prefix.</summary>
    public int LeaderLength { get; set; }

    /// <summary>The state of its sequence when it was parked, and how many tokens it holds.</summary>
    public (byte[] State, int Length)? Parked { get; set; }
}
