using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>
/// Records what a forward pass did, so that it can be run backwards (reverse-mode differentiation, Baydin et al. 2018,
/// https://arxiv.org/abs/1502.05767). Each op records one step: the gradient of its output is complete when the step runs,
/// and the step adds to the gradients of the op's inputs. Without a tape nothing is recorded and nothing is kept.
/// </summary>
/// <param name="gradients">Where gradients of weights are accumulated; null for the weights' own. Backward passes that run at the
/// same time need separate gradients.</param>
internal sealed class Tape(WeightGradients? gradients = null)
{
    private readonly Stack<Action> _steps = new();

    /// <summary>Adds a step.</summary>
    public void Record(Action backward) => _steps.Push(backward);

    /// <summary>What a step adds a weight's gradient to, or null if the weight is frozen or absent.</summary>
    public float[]? Gradient(Weight? weight) => gradients is null || weight?.Gradient is null ? weight?.Gradient : gradients.Of(weight);

    /// <summary>Runs the steps, last first. The gradient of the loss's own tensor must be set first.</summary>
    public void Backward()
    {
        while (_steps.TryPop(out Action? backward))
        {
            backward();
        }
    }

    /// <summary>Discards steps that will not be run.</summary>
    public void Clear() => _steps.Clear();
}
