using System.Globalization;
using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Tests.Constraints.Languages;

public sealed class NumberTextsTests
{
    private static readonly decimal[] Steps = [1, 2, 3, 5, 7, 10, 12, 100, 1000, 0.01m, 0.5m, 0.25m, 2.5m, 0.1m, 0.3m, 1_000_000];
    private readonly LanguageSpace _space = new();

    /// <summary>The judge: decimal arithmetic, and .NET's parsers on texts that the automaton makes.</summary>
    [Fact]
    public void Random_bounds_hold_the_numbers_that_arithmetic_says()
    {
        Random random = new(1);
        int made = 0, empty = 0;
        for (int i = 0; i < 300; i++)
        {
            bool canonical = random.Next(3) == 0;
            NumberBounds bounds = RandomBounds(random);
            LanguageSpace space = new();
            Language numbers = NumberTexts.Numbers(space, bounds, canonical);
            bool isNothing = space.IsNothing(numbers);
            empty += isNothing ? 1 : 0;
            string described = $"{bounds} x {string.Join(" x ", bounds.MultiplesOf ?? [])}, canonical: {canonical}";
            for (int j = 0; j < 25; j++)
            {
                decimal value = RandomValue(random, bounds);
                string text = value.ToString("0.############", CultureInfo.InvariantCulture);
                bool expected = Meets(value, bounds);
                Assert.True(expected == space.Contains(numbers, text), $"{described}: {text}");
                Assert.False(expected && isNothing, $"{described} is not nothing: {text}");
                if (!bounds.IsInteger && !IsFar(bounds))
                {
                    string longer = text.Contains('.', StringComparison.Ordinal) ? text + "0" : text + ".0";
                    Assert.True((expected && !canonical) == space.Contains(numbers, longer), $"{described}: {longer}");
                }
                Assert.All([$"0{text}", $"+{text}", $"{text}.", $"{text}e", ""], wrong => Assert.False(space.Contains(numbers, wrong), wrong));
            }
            Dictionary<decimal, string> texts = [];
            for (int j = 0; j < 10 && !isNothing; j++)
            {
                string text = RandomTexts.Walk(numbers, random)!;
                JsonElement json = JsonElement.Parse(text);
                double number = json.GetDouble();
                Assert.True(double.IsFinite(number), text);
                Assert.True(bounds.Min is not { } min || (bounds.ExcludesMin ? number > (double)min : number >= (double)min), $"{described}: {text} as a double");
                Assert.True(bounds.Max is not { } max || (bounds.ExcludesMax ? number < (double)max : number <= (double)max), $"{described}: {text} as a double");
                if (bounds.IsInteger)
                {
                    Assert.True(json.TryGetInt64(out _), text);
                }
                // A decimal rounds what has more than 28 digits, and holds nothing beyond 7.9e28.
                if (text.Count(char.IsAsciiDigit) <= 28 && !text.Contains('e', StringComparison.OrdinalIgnoreCase))
                {
                    decimal value = json.GetDecimal();
                    Assert.True(Meets(value, bounds), $"{described}: made {text}");
                    Assert.True(!canonical || texts.TryAdd(value, text) || texts[value] == text, $"{described}: {text} and {texts.GetValueOrDefault(value)}");
                    made++;
                }
            }
        }
        Assert.InRange(made, 1000, int.MaxValue);
        Assert.InRange(empty, 5, 100);
    }

    [Theory]
    [InlineData("1e-07", true)]
    [InlineData("1.5E+10", true)]
    [InlineData("0.1", true)]
    [InlineData("100.0", true)]
    [InlineData("-0.5", true)]
    [InlineData("30.000000000000004", true)]
    [InlineData("-0", true)]
    [InlineData("01", false)]
    [InlineData(".5", false)]
    [InlineData("5.", false)]
    [InlineData("+1", false)]
    [InlineData("1e", false)]
    [InlineData("999.9e24", true)]
    [InlineData("1e25", false)]
    [InlineData("1000e5", false)]
    [InlineData("NaN", false)]
    [InlineData("-", false)]
    public void A_number_without_bounds_has_a_fraction_and_an_exponent_or_none(string text, bool isNumber) =>
        Assert.Equal(isNumber, _space.Contains(NumberTexts.Numbers(_space, new(false)), text));

    [Fact]
    public void Integers_are_those_of_a_long_unless_both_bounds_exceed_it()
    {
        Language integers = NumberTexts.Numbers(_space, new(true));
        Assert.All(["9223372036854775807", "-9223372036854775808", "0"], text => Assert.True(_space.Contains(integers, text)));
        Assert.All(["9223372036854775808", "-9223372036854775809", "1.0", "1e1", "-0", "00"], text => Assert.False(_space.Contains(integers, text)));
        Language larger = NumberTexts.Numbers(_space, new(true, 0, false, 18446744073709551615m));
        Assert.True(_space.Contains(larger, "18446744073709551615"));
        Assert.False(_space.Contains(larger, "18446744073709551616"));
        Language safe = NumberTexts.Numbers(_space, new(true, -9007199254740991, false, 9007199254740991));
        Assert.True(_space.Contains(safe, "-9007199254740991"));
        Assert.False(_space.Contains(safe, "9007199254740992"));
    }

    [Fact]
    public void Exponents_are_allowed_where_only_the_sign_decides()
    {
        Language notNegative = NumberTexts.Numbers(_space, new(false, 0)), positive = NumberTexts.Numbers(_space, new(false, 0, true)), negative = NumberTexts.Numbers(_space, new(false, Max: 0, ExcludesMax: true));
        Assert.All(["1e-07", "2.5e12", "0"], text => Assert.True(_space.Contains(notNegative, text)));
        Assert.All(["1e-07", "2.5e12", "0.001", "1e-10"], text => Assert.True(_space.Contains(positive, text)));
        Assert.All(["0", "0.0", "0e5", "-1", "1e-40"], text => Assert.False(_space.Contains(positive, text)));
        Assert.All(["-1e-07", "-0.5"], text => Assert.True(_space.Contains(negative, text)));
        Assert.All(["0", "-0", "-0.0", "1"], text => Assert.False(_space.Contains(negative, text)));
    }

    [Fact]
    public void Bounds_that_no_number_meets_give_nothing()
    {
        Assert.True(_space.IsNothing(NumberTexts.Numbers(_space, new(false, 2, false, 1))));
        Assert.True(_space.IsNothing(NumberTexts.Numbers(_space, new(false, 1, true, 1))));
        Assert.True(_space.IsNothing(NumberTexts.Numbers(_space, new(true, 0.2m, false, 0.8m))));
        Assert.True(_space.IsNothing(NumberTexts.Numbers(_space, new(true, 11, false, 19, MultiplesOf: [10]))));
        Assert.True(_space.IsNothing(NumberTexts.Numbers(_space, new(true, 1, false, 34, MultiplesOf: [5, 7]))));
        Assert.Equal("35", _space.Shortest(NumberTexts.Numbers(_space, new(true, 1, false, 35, MultiplesOf: [5, 7]))));
    }

    private static NumberBounds RandomBounds(Random random)
    {
        decimal? min = random.Next(3) == 0 ? null : RandomBound(random), max = random.Next(3) == 0 ? null : RandomBound(random);
        if (min > max && random.Next(10) > 0)
        {
            (min, max) = (max, min);
        }
        if (min is not null && max is not null && random.Next(4) == 0)
        {
            max = min + random.Next(4);
        }
        List<decimal>? multiples = random.Next(3) == 0 ? [Steps[random.Next(Steps.Length)]] : null;
        if (multiples is not null && random.Next(4) == 0)
        {
            multiples.Add(Steps[random.Next(Steps.Length)]);
        }
        return new(random.Next(2) == 0, min, random.Next(3) == 0, max, random.Next(3) == 0, multiples);
    }

    private static decimal RandomBound(Random random) => random.Next(5) switch
    {
        0 => random.Next(-20, 21),
        1 => random.Next(-2000, 2001) / 100m,
        2 => random.Next(-1000, 1001) / 1000m,
        3 => random.NextInt64(-9007199254740991, 9007199254740992),
        _ => 0,
    };

    /// <summary>Near a bound or anywhere. With an excluded bound beyond 1e11 integers alone: a double tells too few fractions apart there, and they are left out.</summary>
    private static decimal RandomValue(Random random, NumberBounds bounds)
    {
        decimal value = random.Next(3) switch
        {
            0 => random.Next(-2500, 2501) / 100m,
            1 => RandomBound(random),
            _ => (random.Next(2) == 0 ? bounds.Min ?? bounds.Max : bounds.Max ?? bounds.Min) + random.Next(-3, 4) * (random.Next(2) == 0 ? 1 : 0.01m) ?? 0,
        };
        if (bounds.MultiplesOf is [decimal step, ..] && random.Next(2) == 0)
        {
            value = Math.Round(value / step) * step;
        }
        return bounds.IsInteger || IsFar(bounds) ? decimal.Truncate(value) : value;
    }

    private static bool IsFar(NumberBounds bounds) =>
        (bounds.ExcludesMin || bounds.ExcludesMax) && Math.Max(Math.Abs(bounds.Min ?? 0), Math.Abs(bounds.Max ?? 0)) > 1e11m;

    private static bool Meets(decimal value, NumberBounds bounds) =>
        (bounds.Min is not { } min || (bounds.ExcludesMin ? value > min : value >= min))
        && (bounds.Max is not { } max || (bounds.ExcludesMax ? value < max : value <= max))
        && (!bounds.IsInteger || decimal.IsInteger(value))
        && (bounds.MultiplesOf ?? []).All(step => value % step == 0);
}
