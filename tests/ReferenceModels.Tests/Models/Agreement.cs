namespace ReferenceModels.Tests.Models;

/// <summary>How far apart the rows of two sides are.</summary>
internal static class Agreement
{
    /// <summary>max |a − b| over the root mean square of b.</summary>
    public static double OfRms(float[][] a, float[][] b) => Pairs(a, b).Max(pair => Math.Abs(pair.A - pair.B)) / Math.Sqrt(Pairs(a, b).Average(pair => pair.B * pair.B));

    /// <summary>Σ(a − b)² / Σb².</summary>
    public static double Nmse(float[][] a, float[][] b) => Pairs(a, b).Sum(pair => Math.Pow(pair.A - pair.B, 2)) / Pairs(a, b).Sum(pair => pair.B * pair.B);

    private static IEnumerable<(double A, double B)> Pairs(float[][] a, float[][] b)
    {
        Assert.Equal(b.Select(row => row.Length), a.Select(row => row.Length));
        return a.SelectMany(row => row).Zip(b.SelectMany(row => row), (x, y) => ((double)x, (double)y));
    }
}
