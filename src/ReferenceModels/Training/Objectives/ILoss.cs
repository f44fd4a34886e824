using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>A loss, or one term of one. Implement this for your own loss, and use it in an <see cref="Objective"/>.</summary>
/// <remarks>Over a step the term is Σ <see cref="Add"/> / Σ <see cref="Weigh"/> of its examples, however many of them are evaluated at once.
/// Called from several threads at once, each with a different example and its answers.</remarks>
public interface ILoss
{
    /// <summary>How much of an example counts, such as the number of its targets.</summary>
    double Weigh(Example example);

    /// <summary>The loss of one example as a sum over what counts; adds scale times its gradient to the gradients of the answers it used.</summary>
    /// <param name="example">The model's input.</param>
    /// <param name="answers">The model's outputs.</param>
    /// <param name="scale">1 over what the sum will be divided by, times the term's share of the objective.</param>
    double Add(Example example, IAnswers answers, float scale);
}
