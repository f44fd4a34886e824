using System.Globalization;

namespace ReferenceModels.Training.Corpora;

/// <summary>What a user asks of one tool.</summary>
/// <param name="Kind">The tool's kind.</param>
/// <param name="Asked">The words, with their punctuation mark.</param>
/// <param name="Again">The wording after a question of the same kind: <c>And in Rome?</c></param>
/// <param name="Calls">What to find out, one call each.</param>
internal sealed record ToolQuestion(ToolKind Kind, string Asked, string Again, IReadOnlyList<ToolQuestion.Call> Calls)
{
    private static readonly string[] Weathers =
    [
        "What is the weather in {0}?", "What is the weather in {0}?", "What is the weather like in {0}?", "What's the weather in {0}?", "What's the weather like in {0}?", "How is the weather in {0}?",
        "How's the weather in {0}?", "Weather in {0}?", "Tell me the weather in {0}.", "Get the weather in {0}.", "Get the weather for {0}.", "Check the weather in {0}.", "Can you check the weather in {0}?",
        "Is it raining in {0}?", "Is it sunny in {0}?", "Is it cold in {0}?", "Is it warm in {0}?", "Will it rain in {0}?", "Do I need an umbrella in {0}?", "What is the temperature in {0}?",
        "How warm is it in {0}?", "How cold is it in {0}?", "What is the weather in {0} today?", "How is the weather in {0} today?", "What is the weather in {0} right now?",
        "I want to know the weather in {0}.", "Give me the weather in {0}.", "What is the current weather in {0}?", "What will the weather be in {0}?", "Look up the weather in {0}.",
    ];

    private static readonly string[] Times =
    [
        "What time is it in {0}?", "What time is it in {0}?", "What is the time in {0}?", "What's the time in {0}?", "Tell me the time in {0}.", "Time in {0}?", "What is the local time in {0}?",
        "What time is it now in {0}?", "What is the current time in {0}?", "How late is it in {0}?", "Do you know the time in {0}?", "Can you tell me the time in {0}?", "Get the time in {0}.", "Check the time in {0}.",
    ];

    private static readonly string[] TimesHere = ["What time is it?", "What is the time?", "What's the time?", "Tell me the time.", "What time is it now?", "What is the current time?", "How late is it?"];

    private static readonly string[] Sums =
    [
        "What is {0} plus {1}?", "What is {0} plus {1}?", "What is {0} + {1}?", "What's {0} plus {1}?", "What's {0} + {1}?", "Add {0} and {1}.", "Add {0} and {1}.", "How much is {0} plus {1}?", "How much is {0} + {1}?", "What is the sum of {0} and {1}?",
        "Compute {0} + {1}.", "Calculate {0} plus {1}.", "{0} + {1} = ?", "{0} + {1}?", "{0}+{1}?", "Add {0} to {1}.", "Sum {0} and {1}.", "What do {0} and {1} add up to?", "Can you add {0} and {1}?",
    ];

    private static readonly string[] Products =
    [
        "What is {0} times {1}?", "What is {0} times {1}?", "What is {0} * {1}?", "What's {0} times {1}?", "What's {0} * {1}?", "Multiply {0} by {1}.", "Multiply {0} and {1}.", "How much is {0} times {1}?", "What is the product of {0} and {1}?",
        "Compute {0} * {1}.", "Calculate {0} times {1}.", "{0} * {1} = ?", "{0} x {1}?", "Can you multiply {0} by {1}?",
    ];

    private static readonly string[] Units = ["celsius", "fahrenheit"];

    /// <summary>A question that a tool answers.</summary>
    public static ToolQuestion Of(OfferedTool tool, Draw draw) => tool.Kind switch
    {
        ToolKind.Weather => Weather(tool, draw),
        ToolKind.Time => Time(tool, draw),
        _ => Computation(tool.Kind!.Value, draw),
    };

    private static ToolQuestion Weather(OfferedTool tool, Draw draw)
    {
        string[] places = Places(draw);
        string asked = Say(draw.From(Weathers), List(places, draw)), again = FollowUp(places, draw);
        string? unit = tool.Unit is not null && draw.Once(3) ? draw.From(Units) : null;
        if (unit is not null)
        {
            string suffix = $" in {(draw.Once(2) ? unit : char.ToUpperInvariant(unit[0]) + unit[1..])}";
            asked = asked[..^1] + suffix + asked[^1];
            again = again[..^1] + suffix + again[^1];
        }
        return new ToolQuestion(ToolKind.Weather, asked, again, [.. places.Select(place =>
            new Call([$"\"{place}\""], unit, ToolResult.Weather(place, draw), $"In {place} it is {{0}}."))]);
    }

    private static ToolQuestion Time(OfferedTool tool, Draw draw)
    {
        if (tool.Parameters.Count == 0)
        {
            string here = draw.From(TimesHere);
            return new ToolQuestion(ToolKind.Time, here, here, [new Call([], null, ToolResult.Time(draw), "It is {0}.")]);
        }
        string[] places = Places(draw);
        return new ToolQuestion(ToolKind.Time, Say(draw.From(Times), List(places, draw)), FollowUp(places, draw), [.. places.Select(place =>
            new Call([$"\"{place}\""], null, ToolResult.Time(draw), $"In {place} it is {{0}}."))]);
    }

    private static ToolQuestion Computation(ToolKind kind, Draw draw)
    {
        (decimal a, decimal b) = (Number(draw), Number(draw));
        (string left, string right) = (Text(a), Text(b));
        (string word, decimal value) = kind == ToolKind.Sum ? ("plus", a + b) : ("times", a * b);
        return new ToolQuestion(kind, Say(draw.From(kind == ToolKind.Sum ? Sums : Products), left, right), $"And {left} {word} {right}?",
            [new Call([left, right], null, ToolResult.Number(Text(value), draw), $"{left} {word} {right} is {{0}}.")]);
    }

    // Mostly small integers, sometimes negative or with a fraction.
    private static decimal Number(Draw draw)
    {
        decimal whole = draw.Below(draw.From((int[])[10, 10, 100, 100, 1000, 10_000]));
        return draw.Below(12) switch { 0 => -whole - 1, 1 => whole + draw.Below(100) / 100m, _ => whole };
    }

    private static string Text(decimal value) => (value / 1.000000000000000000000000000m).ToString(CultureInfo.InvariantCulture);

    private static string[] Places(Draw draw)
    {
        int count = draw.Below(10) switch { < 7 => 1, < 9 => 2, _ => 3 };
        string[] places = [.. Enumerable.Range(0, count).Select(_ => PlaceName.Of(draw))];
        return [.. places.Distinct()];
    }

    private static string List(string[] places, Draw draw) => places.Length == 1 ? places[0]
        : string.Join(", ", places[..^1]) + draw.From((string[])[" and ", " and ", " and in "]) + places[^1];

    private static string FollowUp(string[] places, Draw draw) => Say(draw.From((string[])["And in {0}?", "And in {0}?", "And {0}?", "What about {0}?", "And what about {0}?", "How about {0}?"]), List(places, draw));

    private static string Say(string words, params object[] members) => string.Format(CultureInfo.InvariantCulture, words, members);

    /// <summary>One thing to find out.</summary>
    /// <param name="Values">JSON for the tool's parameters, in order.</param>
    /// <param name="Unit">The value for its unit parameter; null if none was requested.</param>
    /// <param name="Result">What the tool returns.</param>
    /// <param name="Frame">The sentence of the answer around the result.</param>
    internal sealed record Call(IReadOnlyList<string> Values, string? Unit, ToolResult Result, string Frame)
    {
        /// <summary>What the answer says about it.</summary>
        public string Answer => Result.Sentence ?? Say(Frame, Result.Said!);

        /// <summary>The arguments as JSON with Python's spacing, as chat templates render them.</summary>
        public string Arguments(OfferedTool tool)
        {
            IEnumerable<string> values = Values.Zip(tool.Parameters, (value, parameter) => $"\"{parameter.Name}\": {value}");
            return "{" + string.Join(", ", Unit is null ? values : values.Append($"\"{tool.Unit}\": \"{Unit}\"")) + "}";
        }
    }
}
