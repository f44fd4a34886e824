using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Weights;

namespace ReferenceModels.Training;

/// <summary>A model and the way of its examples forth and back: losses, and gradients into its weights.</summary>
/// <param name="network">Loaded to learn.</param>
/// <param name="heads">Beside it; null for none.</param>
/// <param name="objective">What is minimized.</param>
/// <param name="context">Tokens of an example at the most.</param>
/// <param name="workers">Threads.</param>
internal sealed class Learner(INetwork network, TrainedHeads? heads, Objective objective, int context, Workers workers)
{
    private readonly State _forth = network.CreateState(new Pass(workers), context);
    private readonly State _back = network.CreateState(new Pass(workers, new Tape()), context);

    /// <summary>What learns.</summary>
    public IReadOnlyList<Weight> Weights { get; } = [.. network.Parameters.Where(weight => weight.Gradient is not null), .. heads?.Weights ?? []];

    /// <summary>What each term's sums will be divided by: how much of the examples counts.</summary>
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
    /// <param name="batch">Examples that are evaluated together.</param>
    /// <param name="totals">Of the whole step (<see cref="Weigh"/>).</param>
    /// <param name="dropout">What is dropped of the i-th example; null where nothing is.</param>
    /// <param name="cancellation">Asked between ops; the gradients are of no use then.</param>
    /// <returns>Each term's sum over the batch.</returns>
    public double[] Learn(IReadOnlyList<Example> batch, double[] totals, Func<int, DropoutRule?> dropout, CancellationToken cancellation)
    {
        var sums = new double[objective.Terms.Count];
        _back.Pass.Cancellation = cancellation;
        for (int i = 0; i < batch.Count; i++)
        {
            _back.Pass.Tape!.Clear();   // a pass that was cancelled may have left steps
            _back.Pass.Dropout = dropout(i);
            Add(_back, batch[i], totals, sums);
            _back.Pass.Tape.Backward();
        }
        return sums;
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

    /// <summary>The objective's value: Σ share·sum/total; a term of which nothing counted is 0.</summary>
    public double Loss(double[] sums, double[] totals) => objective.Terms.Select((term, i) => term.Share * Mean(sums[i], totals[i])).Sum();

    /// <summary>A term's loss.</summary>
    public static double Mean(double sum, double total) => total > 0 ? sum / total : 0;

    private void Add(State state, Example example, double[] totals, double[] sums)
    {
        state.Clear();
        var answers = new Answers(network, heads, state, example);
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
