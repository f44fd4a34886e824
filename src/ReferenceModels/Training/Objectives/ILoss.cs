using ReferenceModels.Training.Data;

namespace ReferenceModels.Training.Objectives;

/// <summary>A loss, or one term of one. A loss of your own is an implementation of this, put into an <see cref="Objective"/>.</summary>
/// <remarks>Over a step the term is Σ <see cref="Add"/> / Σ <see cref="Weigh"/> of its examples, whatever number of them is evaluated at once.
/// Called from several threads at once, each with an example and answers of its own.</remarks>
public interface ILoss
{
    /// <summary>How much of an example counts, such as the number of its targets.</summary>
    double Weigh(Example example);

    /// <summary>The loss of one example as a sum over what counts; adds scale times its gradient to the gradients of the answers it looked at.</summary>
    /// <param name="example">What the model was shown.</param>
    /// <param name="answers">What it says.</param>
    /// <param name="scale">1 over what the sum will be divided by, times the term's share in the objective.</param>
    double Add(Example example, IAnswers answers, float scale);
}
