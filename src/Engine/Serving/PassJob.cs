namespace Engine.Serving;

/// <summary>A request that uses a pass alone, or shares one evaluation with similar requests.</summary>
/// <param name="kind">The pass it needs.</param>
/// <param name="ticket">Its reader's.</param>
internal abstract class PassJob(PassKind kind, Ticket ticket)
{
    /// <summary>The pass it needs.</summary>
    public PassKind Kind { get; } = kind;

    /// <summary>Its reader's.</summary>
    public Ticket Ticket { get; } = ticket;

    /// <summary>Does the work on the pass's owner thread.</summary>
    /// <param name="pass">A pass of the kind it needs.</param>
    /// <param name="jobs">This one, and those it took along.</param>
    public abstract void Run(IPass pass, IReadOnlyList<PassJob> jobs);

    /// <summary>Whether another request can be answered in the same evaluation.</summary>
    /// <param name="jobs">This one, and those it took along before.</param>
    /// <param name="other">One that waits.</param>
    public virtual bool TakesAlong(IReadOnlyList<PassJob> jobs, PassJob other) => false;
}

/// <summary>A request on its own.</summary>
/// <param name="kind">The pass it needs.</param>
/// <param name="ticket">Its reader's.</param>
/// <param name="work">What to do with the pass.</param>
internal sealed class LonePassJob(PassKind kind, Ticket ticket, Action<IPass> work) : PassJob(kind, ticket)
{
    /// <inheritdoc/>
    public override void Run(IPass pass, IReadOnlyList<PassJob> jobs) => work(pass);
}
