using System.Globalization;

namespace ReferenceModels.Training.Corpora;

/// <summary>What a tool returns, and what an answer says about it. Functions return texts, numbers or objects, so all of these occur.</summary>
/// <param name="Content">The content of the tool's message.</param>
/// <param name="Said">The result as part of a sentence; null if it is not part of one.</param>
/// <param name="Sentence">A whole sentence in place of that; null if the result is part of one.</param>
internal sealed record ToolResult(string Content, string? Said, string? Sentence = null)
{
    private static readonly string[] Skies = ["sunny", "rainy", "cloudy", "windy", "snowy", "foggy", "cold", "warm", "hot", "clear", "stormy", "dry", "wet", "mild"];
    private static readonly string[] SkyNames = ["condition", "sky", "weather", "conditions", "description", "summary"];
    private static readonly string[] DegreeNames = ["temperature", "temperature", "temp", "degrees", "celsius", "temperatureC"];

    /// <summary>The weather of a place.</summary>
    public static ToolResult Weather(string place, Draw draw)
    {
        string sky = draw.From(Skies), degrees = (draw.Below(55) - 15).ToString(CultureInfo.InvariantCulture);
        return draw.Below(12) switch
        {
            0 or 1 => Text(sky),
            2 or 3 => Text(draw.From((string[])[$"{sky}, {degrees} degrees", $"{degrees} degrees and {sky}", $"{sky} and {degrees} degrees", $"{degrees} degrees", $"{sky}, {degrees} °C", $"{degrees}°C"])),
            4 => Text($"{PlaceName.MadeUp(draw).ToLowerInvariant()} {(draw.Once(2) ? PlaceName.MadeUp(draw).ToLowerInvariant() : degrees)}"),
            5 => Whole(draw.From((string[])[$"It is {sky} in {place}.", $"The weather in {place} is {sky}.", $"It is {degrees} degrees and {sky} in {place}.", $"{place}: {sky}, {degrees} degrees."])),
            6 => new ToolResult(degrees, $"{degrees} degrees"),
            7 when draw.Once(2) => Failed(draw),
            _ => Object(place, sky, degrees, draw),
        };
    }

    /// <summary>A time.</summary>
    public static ToolResult Time(Draw draw)
    {
        int hour = draw.Below(24), minute = draw.Below(60);
        string time = draw.Below(6) switch
        {
            0 => FormattableString.Invariant($"{(hour + 11) % 12 + 1}:{minute:00} {(hour < 12 ? "AM" : "PM")}"),
            1 => FormattableString.Invariant($"{hour:00}:{minute:00}:{draw.Below(60):00}"),
            2 => FormattableString.Invariant($"{2024 + draw.Below(5)}-{1 + draw.Below(12):00}-{1 + draw.Below(28):00}T{hour:00}:{minute:00}:00"),
            _ => FormattableString.Invariant($"{hour:00}:{minute:00}"),
        };
        return draw.Below(8) switch
        {
            0 or 1 => new ToolResult(Fields(draw, (draw.From((string[])["time", "time", "local_time", "now"]), Quoted(time))), time),
            2 => Whole($"It is {time}."),
            3 when draw.Once(4) => Failed(draw),
            _ => Text(time),
        };
    }

    /// <summary>The result of a computation.</summary>
    public static ToolResult Number(string value, Draw draw) => draw.Below(6) switch
    {
        0 => new ToolResult(Fields(draw, (draw.From((string[])["result", "result", "value", "answer", "sum"]), value)), value),
        1 when draw.Once(6) => Failed(draw),
        _ => Text(value),
    };

    /// <summary>The content wrapped in an object, as some clients send it.</summary>
    public string Wrapped(Draw draw)
    {
        bool isJson = Content[0] == '{' || (char.IsAsciiDigit(Content[^1]) && decimal.TryParse(Content, NumberStyles.Float, CultureInfo.InvariantCulture, out _));
        return Fields(draw, ("CallId", Quoted(PlaceName.MadeUp(draw).ToLowerInvariant() + draw.Below(100).ToString(CultureInfo.InvariantCulture))), ("Result", isJson ? Content : Quoted(Content)));
    }

    private static ToolResult Text(string text) => new(text, text);

    private static ToolResult Whole(string sentence) => new(sentence, null, sentence);

    private static ToolResult Failed(Draw draw) => new(
        draw.From((string[])["Error: Function failed.", "Error: not found", "error: timeout", "Error: unknown place", "Error: Function failed. Exception: nothing"]), null, "I am sorry, that did not work.");

    private static ToolResult Object(string place, string sky, string degrees, Draw draw)
    {
        List<(string Name, string Value)> fields = [];
        bool hasSky = !draw.Once(4), hasDegrees = !hasSky || !draw.Once(4);
        if (draw.Once(2))
        {
            fields.Add((draw.From((string[])["city", "city", "location", "place"]), Quoted(place)));
        }
        if (hasDegrees)
        {
            fields.Add((draw.From(DegreeNames), degrees));
        }
        if (hasSky)
        {
            fields.Insert(draw.Below(fields.Count + 1), (draw.From(SkyNames), Quoted(sky)));
        }
        if (draw.Once(4))
        {
            fields.Add(draw.Once(2) ? ("unit", Quoted("celsius")) : ("humidity", draw.Below(100).ToString(CultureInfo.InvariantCulture)));
        }
        string said = hasSky && hasDegrees ? $"{sky}, {degrees} degrees" : hasSky ? sky : $"{degrees} degrees";
        return new ToolResult(Fields(draw, [.. fields]), said);
    }

    // Compact, as most clients write it, or with spaces.
    private static string Fields(Draw draw, params (string Name, string Value)[] fields)
    {
        (string comma, string colon) = draw.Once(3) ? (", ", ": ") : (",", ":");
        return "{" + string.Join(comma, fields.Select(field => Quoted(field.Name) + colon + field.Value)) + "}";
    }

    private static string Quoted(string text) => $"\"{text}\"";
}
