using System.Numerics.Tensors;
using ReferenceModels.Weights;

namespace ReferenceModels.Ops;

/// <summary>y = x ⊙ g in each row: the last step of a norm, for when it is needed separately. No gradient: the norms compute it themselves.</summary>
internal static class Gain
{
    /// <summary>x (T, d), g (d), y (T, d).</summary>
    public static Tensor Forward(Pass pass, Tensor x, Weight g)
    {
        Tensor y = pass.New(x.Rows, x.Columns);
        for (int t = 0; t < x.Rows; t++)
        {
            TensorPrimitives.Multiply(x.Row(t), g.AsVector(), y.Row(t));
        }
        return y;
    }
}
