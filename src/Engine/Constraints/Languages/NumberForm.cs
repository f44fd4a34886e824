using System.Globalization;
using System.Numerics;

namespace Engine.Constraints.Languages;

/// <summary>A bound on numbers, given by its digits.</summary>
/// <param name="IsNegative">Whether it is below zero.</param>
/// <param name="Whole">The digits before the point, without leading zeros; "0" for none.</param>
/// <param name="Fraction">The digits after the point, without trailing zeros.</param>
/// <param name="Excludes">Whether the bound itself is left out.</param>
internal sealed record Limit(bool IsNegative, string Whole, string Fraction, bool Excludes)
{
    public static readonly Limit Zero = new(0m, false);

    public Limit(decimal value, bool excludes) : this(value < 0, "", "", excludes)
    {
        string[] halves = Math.Abs(value).ToString(CultureInfo.InvariantCulture).Split('.');
        Whole = halves[0];
        Fraction = halves.Length > 1 ? halves[1].TrimEnd('0') : "";
    }

    public Limit(BigInteger value) : this(value.Sign < 0, BigInteger.Abs(value).ToString(CultureInfo.InvariantCulture), "", false)
    {
    }

    public bool IsZero => Whole == "0" && Fraction.Length == 0;

    public Limit Negated() => this with { IsNegative = !IsNegative && !IsZero };
}

/// <summary>Languages of unsigned numbers: all of them, and those between two bounds, compared digit by digit.</summary>
internal sealed class NumberForm
{
    /// <summary>The maximum number of digits before and after the point, unless a bound asks for more; 17 digits distinguish any two doubles.</summary>
    private const int MaxWhole = 25, MaxFraction = 20;

    /// <summary>The maximum number of digits before the point if an exponent follows.</summary>
    private const int MaxMantissa = 3;

    /// <summary>How many digits every double preserves. A number of no more digits that is below a bound is below it as a double too.</summary>
    private const int ExactDigits = 15;

    private readonly bool _isInteger, _isCanonical;
    private readonly Language _digit, _leading, _point;

    public NumberForm(LanguageSpace space, bool isInteger, bool isCanonical)
    {
        Space = space;
        _isInteger = isInteger;
        _isCanonical = isCanonical;
        _digit = space.Range('0', '9');
        _leading = space.Range('1', '9');
        _point = space.Text(".");
    }

    public LanguageSpace Space { get; }

    public Language Nothing => Space.Nothing;

    /// <summary>Any number, with or without an exponent, that also fits into a decimal, whose range ends at 7.9e28.</summary>
    public Language Unbounded => Space.Either(
        Space.Sequence(Whole(1, MaxWhole), Fraction(MaxFraction)),
        Space.Sequence(Whole(1, MaxMantissa), Fraction(MaxFraction), Exponent(_digit)));

    /// <summary>Any number that is not zero, even when read as a decimal, whose smallest step is 1e-28.</summary>
    public Language Positive => Space.Either(
        Space.Sequence(_leading, Space.Repeat(_digit, 0, MaxWhole - 1), Fraction(MaxFraction)),
        Space.Sequence(_leading, Space.Repeat(_digit, 0, MaxMantissa - 1), Fraction(MaxFraction), Exponent(Space.Range('0', '1'))),
        Space.Sequence(
            Space.Text("0."), Space.Repeat(Space.Text("0"), 0, MaxFraction - 6), _leading, Space.Repeat(_digit, 0, MaxFraction), Space.Repeat(Exponent(Space.Text("0")), 0, 1)));

    /// <summary>0, 0.0 and so on.</summary>
    public Language Zero => Space.Sequence(Space.Text("0"), Space.Repeat(Space.Sequence(_point, Space.Repeat(Space.Text("0"), 1, MaxFraction)), 0, 1));

    /// <summary>Numbers with a fraction that survives as a double. With more digits, many parsers would read an integer.</summary>
    public Language Fractional => Space.Either(
    [
        Space.Sequence(Space.Text("0."), NotZero(MaxFraction)),
        .. Enumerable.Range(1, ExactDigits - 1).Select(digits => Space.Sequence(
            _leading, Space.Repeat(_digit, digits - 1, digits - 1), _point, NotZero(ExactDigits - digits))),
    ]);

    /// <summary>The numbers from one bound to another, neither of them negative.</summary>
    public Language Magnitudes(Limit min, Limit? max)
    {
        int fraction = Math.Max(MaxFraction, Math.Max(min.Fraction.Length, max?.Fraction.Length ?? 0) + 1);
        Language least = AtLeast(min, Math.Max(MaxWhole, Math.Max(min.Whole.Length, max?.Whole.Length ?? 0) + 3), fraction);
        return max is null ? least : Space.Both(least, AtMost(max, fraction));
    }

    /// <summary>The maximum number of digits of a fraction near a bound.</summary>
    private static int Near(Limit limit, int fractionDigits) => limit.Excludes && !limit.IsZero
        ? Math.Min(fractionDigits, Math.Max(ExactDigits - limit.Whole.Length, limit.Fraction.Length + (limit.Fraction.Length > 0 ? 1 : 0)))
        : fractionDigits;

    private Language AtLeast(Limit min, int wholeDigits, int fractionDigits)
    {
        string whole = min.Whole;
        List<Language> options = [Space.Sequence(Whole(whole.Length + 1, wholeDigits), Fraction(fractionDigits))];
        for (int i = 0; i < whole.Length; i++)
        {
            options.Add(Space.Sequence(
                Space.Text(whole[..i]), Digit(whole[i] + 1, '9'), Space.Repeat(_digit, whole.Length - i - 1, whole.Length - i - 1), Fraction(fractionDigits)));
        }
        Language equal;
        string digits = min.Fraction;
        fractionDigits = Near(min, fractionDigits);
        if (_isInteger)
        {
            equal = min.Excludes || digits.Length > 0 ? Nothing : Space.Empty;
        }
        else if (digits.Length == 0)
        {
            equal = min.Excludes ? Space.Sequence(_point, NotZero(fractionDigits)) : Fraction(fractionDigits);
        }
        else
        {
            List<Language> above = [Space.Sequence(Space.Text(digits), min.Excludes ? NotZero(fractionDigits - digits.Length) : More(fractionDigits - digits.Length))];
            for (int i = 0; i < digits.Length; i++)
            {
                above.Add(Space.Sequence(Space.Text(digits[..i]), Digit(digits[i] + 1, '9'), More(fractionDigits - i - 1)));
            }
            equal = Space.Sequence(_point, Space.Either([.. above]));
        }
        options.Add(Space.Sequence(Space.Text(whole), equal));
        return Space.Either([.. options]);
    }

    private Language AtMost(Limit max, int fractionDigits)
    {
        string whole = max.Whole;
        List<Language> options = [Space.Sequence(Whole(1, whole.Length - 2), Fraction(fractionDigits))];
        fractionDigits = Near(max, fractionDigits);
        options.Add(Space.Sequence(Whole(Math.Max(whole.Length - 1, 1), whole.Length - 1), Fraction(fractionDigits)));
        for (int i = 0; i < whole.Length; i++)
        {
            // A leading zero is allowed only if it is the only digit.
            options.Add(Space.Sequence(
                Space.Text(whole[..i]), Digit(i == 0 && whole.Length > 1 ? '1' : '0', whole[i] - 1),
                Space.Repeat(_digit, whole.Length - i - 1, whole.Length - i - 1), Fraction(fractionDigits)));
        }
        string digits = max.Fraction;
        List<Language> below = [];
        for (int i = 0; i < digits.Length; i++)
        {
            int left = fractionDigits - i - 1;
            below.Add(Space.Sequence(Space.Text(digits[..i]), Digit('1', digits[i] - 1), More(left)));
            below.Add(digits[i] == '0' ? Nothing : Space.Sequence(Space.Text(digits[..i] + "0"), _isCanonical ? NotZero(left) : More(left)));
            if (i > 0 && !(_isCanonical && digits[i - 1] == '0'))
            {
                below.Add(Space.Text(digits[..i]));
            }
        }
        if (!max.Excludes)
        {
            Language zeros = _isCanonical ? Space.Empty : Space.Repeat(Space.Text("0"), digits.Length == 0 ? 1 : 0, fractionDigits);
            below.Add(digits.Length == 0 && _isCanonical ? Nothing : Space.Sequence(Space.Text(digits), zeros));
        }
        Language fraction = _isInteger ? Nothing : Space.Sequence(_point, Space.Either([.. below]));
        options.Add(Space.Sequence(Space.Text(whole), Space.Either(fraction, max.Excludes && digits.Length == 0 ? Nothing : Space.Empty)));
        return Space.Either([.. options]);
    }

    /// <summary>This many digits before the point.</summary>
    private Language Whole(int min, int max) => max < min ? Nothing : Space.Either(
        min <= 1 ? Space.Text("0") : Nothing, Space.Sequence(_leading, Space.Repeat(_digit, min - 1, max - 1)));

    /// <summary>A fraction or none.</summary>
    private Language Fraction(int digits) => _isInteger || digits < 1 ? Space.Empty : Space.Repeat(
        Space.Sequence(_point, _isCanonical ? NotZero(digits) : Space.Repeat(_digit, 1, digits)), 0, 1);

    /// <summary>More digits of a fraction, or none.</summary>
    private Language More(int digits) => _isCanonical
        ? Space.Either(Space.Empty, NotZero(digits))
        : Space.Repeat(_digit, 0, Math.Max(digits, 0));

    /// <summary>Digits of a fraction that are not all zero; canonical ones do not end in one.</summary>
    private Language NotZero(int digits) => digits < 1 ? Nothing : _isCanonical
        ? Space.Sequence(Space.Repeat(_digit, 0, digits - 1), _leading)
        : Space.Sequence(Space.Repeat(Space.Text("0"), 0, digits - 1), _leading, Space.Repeat(_digit, 0, digits - 1));

    private Language Digit(int first, int last) => Space.Range(first, last);

    /// <summary>An exponent from -99 or more to 24.</summary>
    /// <param name="tensBelow">The first of two digits where it is negative.</param>
    private Language Exponent(Language tensBelow) => Space.Sequence(
        Space.OneOf(('e', 'e'), ('E', 'E')),
        Space.Either(
            Space.Sequence(Space.Text("-"), Space.Repeat(tensBelow, 0, 1), _digit),
            Space.Sequence(
                Space.Repeat(Space.Text("+"), 0, 1),
                Space.Either(Space.Sequence(Space.Repeat(Space.Range('0', '1'), 0, 1), _digit), Space.Sequence(Space.Text("2"), Space.Range('0', '4'))))));
}
