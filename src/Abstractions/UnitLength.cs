namespace Engine;

/// <summary>Vectors of length 1, whose products are cosines.</summary>
internal static class UnitLength
{
    /// <summary>Divides a vector by its Euclidean length; one of zeros stays.</summary>
    public static void Scale(Span<float> vector)
    {
        double squares = 0;
        foreach (float value in vector)
        {
            squares += (double)value * value;
        }
        if (squares > 0)
        {
            double scale = 1 / Math.Sqrt(squares);
            for (int i = 0; i < vector.Length; i++)
            {
                vector[i] = (float)(vector[i] * scale);
            }
        }
    }
}
