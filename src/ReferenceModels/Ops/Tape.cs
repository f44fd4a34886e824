namespace ReferenceModels.Ops;

/// <summary>
/// Remembers what a forward pass did, to walk back through it (reverse-mode differentiation, Baydin et al. 2018,
/// https://arxiv.org/abs/1502.05767). Each op records one step: the gradient of its output is complete when the step runs,
/// and the step adds to the gradients of the op's inputs. Without a tape nothing is recorded and nothing is kept.
/// </summary>
internal sealed class Tape
{
    private readonly Stack<Action> _steps = new();

    /// <summary>Adds a step.</summary>
    public void Record(Action backward) => _steps.Push(backward);

    /// <summary>Forgets the steps of a pass that was broken off.</summary>
    public void Clear() => _steps.Clear();

    /// <summary>Runs the steps, last first. The gradient of the loss's own tensor has to be set before.</summary>
    public void Backward()
    {
        while (_steps.TryPop(out Action? backward))
        {
            backward();
        }
    }
}
