using Engine.Sampling;

namespace Engine.Serving;

/// <summary>Embeds the inputs of a request, together with those of other waiting requests of the same kind.</summary>
/// <param name="kind">The pass it needs.</param>
/// <param name="ticket">Its reader's.</param>
/// <param name="request">Says how rows become vectors.</param>
internal sealed class EmbedJob(PassKind kind, Ticket<Embeddings> ticket, EmbedRequest request, IReadOnlyList<PassInput> inputs) : PassJob(kind, ticket)
{
    // The number of inputs per call: stopping the request takes effect between the evaluations it is divided into.
    private const int MaxInputs = 256;

    private readonly List<float[]>[] _rows = [.. inputs.Select(_ => new List<float[]>())];
    private NonFiniteLogitsException? _error;

    /// <inheritdoc/>
    public override bool TakesAlong(IReadOnlyList<PassJob> jobs, PassJob other) =>
        other is EmbedJob embed && embed.Kind == Kind && !Kind.Taps && embed.Pooling == Pooling
        && jobs.Sum(job => ((EmbedJob)job).Inputs.Count) + embed.Inputs.Count <= MaxInputs;

    /// <inheritdoc/>
    public override void Run(IPass pass, IReadOnlyList<PassJob> jobs)
    {
        (EmbedJob Job, int Input)[] all = [.. jobs.Cast<EmbedJob>().SelectMany(job => job.Inputs.Select((_, input) => (job, input)))];
        IReadOnlyList<Activation> activations = pass.Embed(
            [.. all.Select(one => one.Job.Inputs[one.Input])], Pooling, (input, _, row) => all[input].Job.Add(all[input].Input, row), StopOfAll(jobs));
        foreach (EmbedJob job in jobs.Cast<EmbedJob>())
        {
            job.Finish(activations);
        }
    }

    private IReadOnlyList<PassInput> Inputs { get; } = inputs;

    private Pooling Pooling => request.Pooling;

    private void Add(int input, ReadOnlySpan<float> row)
    {
        try
        {
            _rows[input].Add(Vector(row, request.Normalize));
        }
        catch (NonFiniteLogitsException error)
        {
            _error ??= error; // the other requests of the evaluation continue
        }
    }

    private void Finish(IReadOnlyList<Activation> activations)
    {
        if (_error is not null)
        {
            Ticket.End(new NonFiniteLogitsException(_error.Message) { Activations = activations });
            return;
        }
        float[][] rows = [.. _rows.SelectMany(rows => rows)];
        ((Ticket<Embeddings>)Ticket).Deliver(
            new Embeddings(rows, [.. Inputs.Select(input => input.Tokens.Length)], Pooling, rows[0].Length) { Activations = activations });
    }

    // Cancelled once none of the requests is wanted any longer.
    private static CancellationToken StopOfAll(IReadOnlyList<PassJob> jobs)
    {
        var all = new CancellationTokenSource();
        int left = jobs.Count;
        foreach (PassJob job in jobs)
        {
            job.Ticket.Stopping.UnsafeRegister(_ =>
            {
                if (Interlocked.Decrement(ref left) == 0)
                {
                    all.Cancel();
                }
            }, null);
        }
        return all.Token;
    }

    private static float[] Vector(ReadOnlySpan<float> row, bool normalize)
    {
        LogitRow.RequireFinite(row);
        float[] vector = row.ToArray();
        if (normalize)
        {
            UnitLength.Scale(vector);
        }
        return vector;
    }
}
