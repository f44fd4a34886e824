namespace Engine.Constraints.Languages;

/// <summary>JSON numbers as texts that .NET's parsers take.</summary>
internal static class NumberTexts
{
    /// <summary>The numbers that meet all bounds. Exactly one text for each value where <paramref name="canonical"/>: no exponent, no zeros at the end of a fraction, no -0.</summary>
    public static Language Numbers(LanguageSpace space, NumberBounds bounds, bool canonical = false) => throw new NotImplementedException();
}

/// <summary>What numbers are asked to be. Bounds are exact decimals, as JSON texts.</summary>
/// <param name="IsInteger">Integers alone: no fraction, no exponent.</param>
/// <param name="Min">The smallest; null for none.</param>
/// <param name="ExcludesMin">Whether they are larger than <paramref name="Min"/>.</param>
/// <param name="Max">The largest; null for none.</param>
/// <param name="ExcludesMax">Whether they are smaller than <paramref name="Max"/>.</param>
/// <param name="MultiplesOf">They are multiples of each of these.</param>
internal sealed record NumberBounds(bool IsInteger, decimal? Min = null, bool ExcludesMin = false, decimal? Max = null, bool ExcludesMax = false, IReadOnlyList<decimal>? MultiplesOf = null);
