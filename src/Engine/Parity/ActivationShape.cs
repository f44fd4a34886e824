namespace Engine.Parity;

/// <summary>Shapes of activations in ggml's order, fastest dimension first, however many dimensions a backend writes.</summary>
internal static class ActivationShape
{
    /// <summary>The shape without trailing ones: (64, 5, 1) becomes (64, 5).</summary>
    public static long[] Of(Activation activation)
    {
        int dimensions = activation.Shape.Count;
        while (dimensions > 1 && activation.Shape[dimensions - 1] == 1)
        {
            dimensions--;
        }
        return [.. activation.Shape.Take(dimensions)];
    }

    public static bool AreSame(Activation a, Activation b) => Of(a).AsSpan().SequenceEqual(Of(b));

    /// <summary>Which of the T tokens a row belongs to; rows are runs along the first dimension.</summary>
    public static int Position(Activation activation, int row, int tokens)
    {
        long[] shape = Of(activation);
        // (…, T), but (n, T, H) and (head size, T, H) in attention.
        bool heads = shape.Length == 3 && shape[1] == tokens && (shape[2] != tokens || activation.Name.StartsWith("kq", StringComparison.Ordinal));
        return shape.Length == 3 && !heads ? (int)(row / shape[1]) : (int)(row % (shape.Length > 1 ? shape[1] : 1));
    }
}
