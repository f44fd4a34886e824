using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Weights;

namespace ReferenceModels.Training;

/// <summary>Runs examples forwards and backwards through a model: losses, and gradients of its weights.</summary>
/// <param name="network">The model, loaded for training.</param>
/// <param name="heads">Its separate heads; null for none.</param>
/// <param name="objective">The objective to minimize.</param>
/// <param name="context">The maximum number of tokens of an example.</param>
/// <param name="workers">Threads.</param>
internal sealed class Learner(INetwork network, TrainedHeads? heads, Objective objective, int context, Workers workers)
{
    private static readonly Workers Alone = new(1);   // has no thread to stop

    private readonly State _forth = network.CreateState(new Pass(workers), context);
    private readonly State _back = network.CreateState(new Pass(workers, new Tape()), context);
    private readonly List<(State State, WeightGradients? Own)> _lanes = [];

    /// <summary>The trained weights.</summary>
    public IReadOnlyList<Weight> Weights { get; } =
    [
        .. network.Parameters.Where(weight => weight.Gradient is not null),
        .. network.Parameters.SelectMany(weight => weight.Adapters).SelectMany(adapter => (Weight[])[adapter.A, adapter.B]),
        .. heads?.Weights ?? [],
    ];

    /// <summary>What each term's sums will be divided by: how much of the examples counts towards it.</summary>
    public double[] Weigh(IEnumerable<Example> examples)
    {
        var totals = new double[objective.Terms.Count];
        foreach (Example example in examples)
        {
            for (int i = 0; i < totals.Length; i++)
            {
                totals[i] += objective.Terms[i].Loss.Weigh(example);
            }
        }
        return totals;
    }

    /// <summary>Adds the gradients of a batch to the weights'.</summary>
    /// <remarks>Several examples run in parallel, each on one thread with separate gradients that are summed at the end: the activations
    /// of a small model's example fit in a core's cache, and no thread waits between ops. A single example gets all threads.</remarks>
    /// <param name="batch">Examples that are evaluated together.</param>
    /// <param name="totals">The totals of the whole step (<see cref="Weigh"/>).</param>
    /// <param name="dropout">The dropout of the i-th example; null for none.</param>
    /// <param name="cancellation">Checked between ops; after a cancellation the gradients are unusable.</param>
    /// <returns>Each term's sum over the batch.</returns>
    public double[] Learn(IReadOnlyList<Example> batch, double[] totals, Func<int, DropoutRule?> dropout, CancellationToken cancellation)
    {
        int lanes = Math.Min(workers.Threads, batch.Count);
        if (lanes == 1)
        {
            return Sum([.. batch.Select((example, i) => Learn(_back, example, totals, dropout(i), cancellation))]);
        }
        for (int lane = _lanes.Count; lane < lanes; lane++)
        {
            WeightGradients? own = lane == 0 ? null : new WeightGradients();
            _lanes.Add((network.CreateState(new Pass(Alone, new Tape(own)), context), own));
        }
        var sums = new double[batch.Count][];
        try
        {
            // Neither the examples of a lane nor the order in which lanes are summed depend on a lane's speed.
            workers.For(lanes, lane =>
            {
                for (int i = lane; i < batch.Count; i += lanes)
                {
                    sums[i] = Learn(_lanes[lane].State, batch[i], totals, dropout(i), cancellation);
                }
            });
        }
        catch
        {
            _lanes.ForEach(lane => lane.Own?.Clear());
            throw;
        }
        workers.For(Weights.Count, i => _lanes.ForEach(lane => lane.Own?.Move(Weights[i])));
        return Sum(sums);
    }

    /// <summary>Each term's sum over some examples, without gradients.</summary>
    public double[] Evaluate(IEnumerable<Example> examples, CancellationToken cancellation)
    {
        var sums = new double[objective.Terms.Count];
        double[] totals = [.. sums.Select(_ => 1.0)];
        _forth.Pass.Cancellation = cancellation;
        foreach (Example example in examples)
        {
            Add(_forth, example, totals, sums);
        }
        return sums;
    }

    /// <summary>The objective's value: Σ share·sum/total; a term for which nothing counted is 0.</summary>
    public double Loss(double[] sums, double[] totals) => objective.Terms.Select((term, i) => term.Share * Mean(sums[i], totals[i])).Sum();

    /// <summary>A term's loss.</summary>
    public static double Mean(double sum, double total) => total > 0 ? sum / total : 0;

    private double[] Learn(State state, Example example, double[] totals, DropoutRule? dropout, CancellationToken cancellation)
    {
        var sums = new double[objective.Terms.Count];
        state.Pass.Reset();
        (state.Pass.Cancellation, state.Pass.Dropout) = (cancellation, dropout);
        Add(state, example, totals, sums);
        state.Pass.Tape!.Backward();
        return sums;
    }

    private double[] Sum(double[][] examples) => [.. objective.Terms.Select((_, term) => examples.Sum(sums => sums[term]))];

    private void Add(State state, Example example, double[] totals, double[] sums)
    {
        state.Clear();
        var answers = new ExampleAnswers(network, heads, state, example);
        for (int i = 0; i < sums.Length; i++)
        {
            Objective.Term term = objective.Terms[i];
            if (term.Loss.Weigh(example) > 0)
            {
                sums[i] += term.Loss.Add(example, answers, (float)(term.Share / totals[i]));
            }
        }
    }
}
