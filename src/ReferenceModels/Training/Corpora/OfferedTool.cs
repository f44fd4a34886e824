namespace ReferenceModels.Training.Corpora;

/// <summary>A tool as it is offered: programs name the same thing in many ways, so a model must copy the name and the parameters that it is shown.</summary>
/// <param name="Kind">What it does; null for one that no question needs.</param>
/// <param name="Parameters">Names with JSON types, in order.</param>
/// <param name="Unit">The parameter among them that takes a unit; null for none.</param>
internal sealed record OfferedTool(ToolKind? Kind, string Name, IReadOnlyList<(string Name, string Type)> Parameters, string? Unit = null)
{
    private static readonly string[] Places = ["city", "city", "city", "location", "place", "town", "cityName", "city_name"];
    private static readonly (string, string)[] Numbers =
        [("a", "b"), ("a", "b"), ("x", "y"), ("left", "right"), ("first", "second"), ("number1", "number2"), ("num1", "num2"), ("n", "m")];

    private static readonly string[] Plugins = ["Tools", "Weather", "Math", "World", "Plugin", "Demo", "Functions", "My"];

    // The words of names; they are joined in one of several styles.
    private static readonly Dictionary<ToolKind, string[]> Names = new()
    {
        [ToolKind.Weather] = ["get weather", "get weather", "weather", "get current weather", "current weather", "fetch weather", "check weather", "lookup weather", "get temperature", "weather forecast", "get forecast"],
        [ToolKind.Time] = ["get time", "get time", "time", "get current time", "current time", "local time", "clock", "now", "get local time", "time in city"],
        [ToolKind.Sum] = ["add", "add", "sum", "add numbers", "get sum", "plus", "add two numbers", "calculate sum"],
        [ToolKind.Product] = ["multiply", "multiply", "times", "product", "multiply numbers", "get product", "calculate product"],
    };

    private static readonly (string Name, string[] Parameters)[] Others =
    [
        ("send email", ["to", "subject", "body"]), ("search web", ["query"]), ("play music", ["song"]), ("set alarm", ["when"]), ("open door", []),
        ("book table", ["restaurant", "people"]), ("translate", ["text", "language"]), ("get news", ["topic"]), ("create note", ["title", "text"]),
        ("turn on light", ["room"]), ("read file", ["path"]), ("list files", []), ("get user", ["id"]), ("buy ticket", ["from", "to"]),
    ];

    /// <summary>A tool of a kind, with a name in a style.</summary>
    public static OfferedTool Of(ToolKind kind, int style, Draw draw)
    {
        string name = Join(draw.From(Names[kind]), style, draw);
        if (kind is ToolKind.Sum or ToolKind.Product)
        {
            (string a, string b) = draw.From(Numbers);
            return new OfferedTool(kind, name, [(a, "number"), (b, "number")]);
        }
        if (kind == ToolKind.Time && draw.Once(4))
        {
            return new OfferedTool(kind, name, []);
        }
        string place = draw.From(Places), unit = draw.From((string[])["unit", "unit", "units"]);
        return kind == ToolKind.Weather && draw.Once(3)
            ? new OfferedTool(kind, name, [(place, "string"), (unit, "string")], unit)
            : new OfferedTool(kind, name, [(place, "string")]);
    }

    /// <summary>A tool that no question needs.</summary>
    public static OfferedTool Other(int style, Draw draw)
    {
        (string name, string[] parameters) = draw.From(Others);
        return new OfferedTool(null, Join(name, style, draw), [.. parameters.Select(parameter => (parameter, "string"))]);
    }

    /// <summary>Number of naming styles.</summary>
    public const int Styles = 5;

    // get_weather, get_weather (the most common), getWeather, GetWeather, Plugin-GetWeather.
    private static string Join(string name, int style, Draw draw)
    {
        string[] words = name.Split(' ');
        string pascal = string.Concat(words.Select(Capital));
        return style switch
        {
            0 or 1 => string.Join('_', words),
            2 => words[0] + string.Concat(words.Skip(1).Select(Capital)),
            3 => pascal,
            _ => draw.From(Plugins) + draw.From((string[])["-", "_"]) + (draw.Once(2) ? pascal : string.Join('_', words)),
        };
    }

    private static string Capital(string word) => char.ToUpperInvariant(word[0]) + word[1..];
}
