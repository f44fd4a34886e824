using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>Gradients of weights, separate from the weights' own, so that several backward passes can run at once.</summary>
internal sealed class WeightGradients
{
    private readonly Dictionary<Weight, float[]> _gradients = [];

    /// <summary>A weight's gradient, (out, in); initially zeros.</summary>
    public float[] Of(Weight weight)
    {
        if (!_gradients.TryGetValue(weight, out float[]? gradient))
        {
            _gradients.Add(weight, gradient = new float[weight.Gradient!.Length]);
        }
        return gradient;
    }

    /// <summary>Adds a weight's gradient to the weight's own, and leaves zeros.</summary>
    public void Move(Weight weight)
    {
        if (_gradients.TryGetValue(weight, out float[]? gradient))
        {
            TensorPrimitives.Add(weight.Gradient, gradient, weight.Gradient);
            Array.Clear(gradient);
        }
    }

    /// <summary>Leaves zeros, after a step that failed.</summary>
    public void Clear()
    {
        foreach (float[] gradient in _gradients.Values)
        {
            Array.Clear(gradient);
        }
    }
}
