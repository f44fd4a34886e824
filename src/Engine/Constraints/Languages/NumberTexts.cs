using System.Globalization;
using System.Numerics;

namespace Engine.Constraints.Languages;

/// <summary>Languages of JSON numbers, as texts that .NET's parsers accept.</summary>
internal static class NumberTexts
{
    private static readonly BigInteger MaxMultiple = new(decimal.MaxValue);

    /// <summary>The numbers that meet all bounds. If <paramref name="canonical"/>, exactly one text for each value: no exponent, no trailing zeros in a fraction, no -0.</summary>
    /// <remarks>On a side without a bound, integers end where <see cref="long"/> ends. Exponents, of two digits, are allowed only where the sign alone decides whether a number meets the bounds.</remarks>
    public static Language Numbers(LanguageSpace space, NumberBounds bounds, bool canonical = false)
    {
        NumberForm form = new(space, bounds.IsInteger, canonical);
        if (!bounds.IsInteger && !canonical && bounds.MultiplesOf is null or [] && bounds.Min is null or 0 && bounds.Max is null or 0 && (bounds.Min is null || bounds.Max is null))
        {
            return BySign(form, bounds);
        }
        (Limit? min, Limit? max) = bounds.IsInteger ? OfIntegers(bounds) : (
            bounds.Min is { } least ? new Limit(least, bounds.ExcludesMin) : null, bounds.Max is { } most ? new Limit(most, bounds.ExcludesMax) : null);
        Language numbers = form.Nothing;
        if (max is null || !max.IsNegative)
        {
            Limit least2 = min is null || min.IsNegative ? Limit.Zero : min;
            numbers = Multiples(space, bounds, form.Magnitudes(least2, max));
        }
        if (min is null || min.IsNegative)
        {
            bool holdsZero = max is null || (!max.IsNegative && !(max.IsZero && max.Excludes));
            Limit least2 = max is { IsNegative: true } ? max.Negated() : Limit.Zero with { Excludes = !holdsZero || bounds.IsInteger || canonical };
            Language magnitudes = Multiples(space, bounds, form.Magnitudes(least2, min?.Negated()));
            numbers = space.Either(numbers, space.Sequence(space.Text("-"), magnitudes));
        }
        return numbers;
    }

    /// <summary>The canonical texts of numbers that every parser tells apart: the integers of a <see cref="long"/>, and numbers that have a fraction as a double.</summary>
    public static Language Distinct(LanguageSpace space) => space.Either(
        Numbers(space, new NumberBounds(true), canonical: true),
        space.Sequence(space.Repeat(space.Text("-"), 0, 1), new NumberForm(space, isInteger: false, isCanonical: true).Fractional));

    private static Language BySign(NumberForm form, NumberBounds bounds)
    {
        LanguageSpace space = form.Space;
        Language minus = space.Text("-");
        if (bounds is { Min: null, Max: null })
        {
            return space.Sequence(space.Repeat(minus, 0, 1), form.Unbounded);
        }
        Language magnitudes = bounds.Min is not null ? bounds.ExcludesMin ? form.Positive : form.Unbounded
            : bounds.ExcludesMax ? form.Positive : form.Unbounded;
        return bounds.Min is not null ? magnitudes
            : bounds.ExcludesMax ? space.Sequence(minus, magnitudes)
            : space.Either(space.Sequence(minus, magnitudes), form.Zero);
    }

    /// <summary>The least and the greatest integer in the bounds.</summary>
    private static (Limit Min, Limit Max) OfIntegers(NumberBounds bounds)
    {
        BigInteger? least = null, most = null;
        if (bounds.Min is { } min)
        {
            least = new BigInteger(decimal.Ceiling(min)) + (bounds.ExcludesMin && decimal.IsInteger(min) ? 1 : 0);
        }
        if (bounds.Max is { } max)
        {
            most = new BigInteger(decimal.Floor(max)) - (bounds.ExcludesMax && decimal.IsInteger(max) ? 1 : 0);
        }
        // Beyond the range of a long only if the other bound lies beyond it.
        least ??= most < long.MinValue ? new BigInteger(decimal.MinValue) : long.MinValue;
        most ??= least > long.MaxValue ? new BigInteger(decimal.MaxValue) : long.MaxValue;
        return (new Limit(least.Value), new Limit(most.Value));
    }

    private static Language Multiples(LanguageSpace space, NumberBounds bounds, Language magnitudes)
    {
        (BigInteger Multiple, int Scale)? all = null;
        foreach (decimal step in bounds.MultiplesOf ?? [])
        {
            Limit limit = new(step, false);
            BigInteger multiple = BigInteger.Parse(limit.Whole + limit.Fraction, CultureInfo.InvariantCulture);
            int scale = limit.Fraction.Length;
            if (bounds.IsInteger)
            {
                // An integer is a multiple of m/10^s exactly if it is one of m/gcd(m, 10^s).
                multiple /= BigInteger.GreatestCommonDivisor(multiple, BigInteger.Pow(10, scale));
                scale = 0;
            }
            if (all is not var (before, beforeScale))
            {
                all = (multiple, scale);
                continue;
            }
            // Multiples of both numbers are the multiples of their least common multiple, if that is not too large.
            int common = Math.Max(scale, beforeScale);
            BigInteger a = before * BigInteger.Pow(10, common - beforeScale), b = multiple * BigInteger.Pow(10, common - scale);
            BigInteger least = a / BigInteger.GreatestCommonDivisor(a, b) * b;
            if (least <= MaxMultiple)
            {
                all = (least, common);
            }
            else
            {
                magnitudes = space.Both(magnitudes, MultiplesOf(space, multiple, scale));
            }
        }
        return all is var (m, s) ? space.Both(magnitudes, MultiplesOf(space, m, s)) : magnitudes;
    }

    /// <summary>Multiples of m / 10^s. If m ends in zeros, the multiples are those of the rest followed by the zeros, which has far fewer remainders.</summary>
    private static Language MultiplesOf(LanguageSpace space, BigInteger multiple, int scale)
    {
        int zeros = 0;
        while (scale == 0 && multiple % 10 == 0)
        {
            multiple /= 10;
            zeros++;
        }
        if (zeros == 0)
        {
            return space.MakeMultiples((UInt128)multiple, scale, 0, takesPoint: true);
        }
        Language zero = space.Text("0");
        Language whole = space.Either(zero, space.Sequence(space.MakeMultiples((UInt128)multiple, 0, 0, takesPoint: false), space.Repeat(zero, zeros, zeros)));
        return space.Sequence(whole, space.Repeat(space.Sequence(space.Text("."), space.Repeat(zero, 1, null)), 0, 1));
    }
}

/// <summary>The conditions that numbers must meet. Bounds are exact decimals, as in the JSON text.</summary>
/// <param name="IsInteger">Only integers: no fraction, no exponent.</param>
/// <param name="Min">The smallest; null for none.</param>
/// <param name="ExcludesMin">Whether they must be larger than <paramref name="Min"/>.</param>
/// <param name="Max">The largest; null for none.</param>
/// <param name="ExcludesMax">Whether they must be smaller than <paramref name="Max"/>.</param>
/// <param name="MultiplesOf">Numbers that they must all be multiples of.</param>
internal sealed record NumberBounds(bool IsInteger, decimal? Min = null, bool ExcludesMin = false, decimal? Max = null, bool ExcludesMax = false, IReadOnlyList<decimal>? MultiplesOf = null);
