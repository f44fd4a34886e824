namespace Engine.Parity;

/// <summary>Keeps a fault from being calibrated into a tolerance.</summary>
internal static class CalibrationFault
{
    /// <summary>If two sides are this many times further apart than native variants are among themselves, rounding is not the cause.</summary>
    private const double Unexplained = 4;

    /// <summary>Beyond the usual tolerance, the engine as it serves must be as near to the reference, in at least one of its arithmetics,
    /// as native variants are to each other.</summary>
    /// <param name="distances">All that were measured.</param>
    /// <param name="served">The engine as it serves.</param>
    /// <param name="usual">The tolerance of an uncalibrated file.</param>
    /// <returns>The fault in one sentence; null for none.</returns>
    public static string? Of(IReadOnlyList<EngineDistance> distances, string served, Tolerance usual)
    {
        double factor = usual.Metric == ParityMetric.Nmse ? Unexplained * Unexplained : Unexplained; // NMSE is in squares
        double nearest = distances.Where(distance => distance.Engine == served).Min(distance => distance.Whole);
        double among = distances.Where(distance => distance.Counts && distance.From == served).Select(distance => distance.Whole).DefaultIfEmpty(0).Max();
        return nearest > usual.Limit && nearest > factor * among
            ? $"{Judgement.Name(usual.Metric)} of the native side from the reference is {Judgement.Number(nearest)}, above {Judgement.Number(usual.Limit)}, and native variants "
                + $"are {Judgement.Number(among)} apart among themselves: a fault of one side and no floor. Nothing is kept; 'validate --layers' shows where they part."
            : null;
    }
}
