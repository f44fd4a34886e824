namespace Engine.Chat.Jinja;

/// <summary>The arguments of a call.</summary>
/// <param name="Positional">The arguments by position.</param>
/// <param name="Named">The arguments by name.</param>
internal sealed record Arguments(IReadOnlyList<object> Positional, IReadOnlyDictionary<string, object> Named)
{
    public static readonly Arguments None = new([], new Dictionary<string, object>());

    public static Arguments Of(params object[] positional) => new(positional, None.Named);

    /// <summary>An argument by position or name, or null.</summary>
    public object? Find(int place, string name) => place < Positional.Count ? Positional[place] : Named.GetValueOrDefault(name);

    public object Require(int place, string name) => Find(place, name) ?? throw new JinjaException($"the argument '{name}' is missing");

    public string? FindText(int place, string name) => Find(place, name) switch
    {
        null or Jinja.None => null,
        object value => PyType.RequireText(value, name).Value,
    };

    public string RequireText(int place, string name) => PyType.RequireText(Require(place, name), name).Value;

    public int? FindInteger(int place, string name) => Find(place, name) switch
    {
        null or Jinja.None => null,
        object value => PyType.Index(value, name),
    };

    public bool IsTrue(int place, string name, bool otherwise = false) => Find(place, name) is { } value ? PyType.IsTrue(value) : otherwise;

    /// <summary>A flag for which Python accepts only an integer, not any value that is true.</summary>
    public bool IsFlag(int place, string name) => Find(place, name) is { } value && PyType.Index(value, name) != 0;

    /// <summary>Refuses more positional arguments than a function takes, and any argument by name.</summary>
    public Arguments ExpectByPlace(string function, int most)
    {
        if (Named.Count > 0)
        {
            throw new JinjaException($"{function} takes no arguments by name");
        }
        return Positional.Count <= most ? this : throw TooMany(function, most);
    }

    /// <summary>Refuses arguments that a function does not have.</summary>
    public Arguments Expect(string function, params ReadOnlySpan<string> names)
    {
        if (Positional.Count > names.Length)
        {
            throw TooMany(function, names.Length);
        }
        foreach (string name in Named.Keys)
        {
            if (!names.Contains(name))
            {
                throw new JinjaException($"{function} has no argument '{name}'");
            }
        }
        return this;
    }

    private JinjaException TooMany(string function, int most) => new($"{function} takes at most {most} argument(s), {Positional.Count} are given");

    /// <summary>The arguments without the first positional ones.</summary>
    public Arguments Skip(int count) => this with { Positional = [.. Positional.Skip(count)] };

    public Arguments Prepend(object first) => this with { Positional = [first, .. Positional] };
}
