namespace Engine.Chat.Jinja;

/// <summary>A parsed template.</summary>
internal sealed class Template
{
    /// <summary>The maximum length in characters; the longest known templates have about 30,000.</summary>
    private const int MaxCharacters = 1 << 20;

    private readonly Statement _root;

    private Template(Statement root) => _root = root;

    /// <exception cref="JinjaException">The text is not a well-formed template.</exception>
    public static Template Parse(string source) => source.Length <= MaxCharacters
        ? new Template(Parser.Read(source))
        : throw new JinjaException($"the template has {source.Length:N0} characters, at most {MaxCharacters:N0} are allowed", 1);

    /// <summary>Whether a well-formed template contains a name in its tags, as a name or as a string.</summary>
    public static bool Mentions(string source, string name) => Lexer.Read(source).Exists(token => token.Kind is TokenKind.Name or TokenKind.String && token.Value == name);

    /// <summary>Renders the template.</summary>
    /// <param name="variables">Its variables.</param>
    /// <param name="now">The time for templates that ask for it.</param>
    /// <param name="cancellationToken">Cancels the rendering.</param>
    /// <exception cref="JinjaException">The template cannot be rendered, or refuses its input.</exception>
    public Text Render(IEnumerable<KeyValuePair<string, object>> variables, DateTimeOffset now, CancellationToken cancellationToken)
    {
        var state = new RenderState(new Budget(cancellationToken), now);
        var scope = new Scope(state);
        Globals.AddTo(scope);
        foreach ((string name, object value) in variables)
        {
            scope[name] = value;
        }
        try
        {
            return state.Budget.Run(() => _root.Render(scope));
        }
        catch (JinjaException e) when (e.Line == 0)
        {
            throw new JinjaException(e.Message, state.Line, e.IsRefusal);
        }
        catch (Exception e) when (e is ArgumentException or InvalidOperationException or ArithmeticException or FormatException or InvalidCastException)
        {
            // An unexpected argument of a function; .NET's sorting also wraps exceptions from comparisons in this type.
            throw new JinjaException(e.GetBaseException().Message, state.Line);
        }
    }
}

/// <summary>The context of one rendering.</summary>
/// <param name="Budget">Its resource limits.</param>
/// <param name="Now">The time that <c>strftime_now</c> formats.</param>
internal sealed record RenderState(Budget Budget, DateTimeOffset Now)
{
    /// <summary>The line being rendered, for errors.</summary>
    public int Line { get; set; }
}
