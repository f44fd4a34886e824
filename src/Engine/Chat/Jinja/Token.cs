namespace Engine.Chat.Jinja;

internal enum TokenKind
{
    /// <summary>Text between tags.</summary>
    Data,

    /// <summary><c>{{</c></summary>
    PrintBegin,

    /// <summary><c>}}</c></summary>
    PrintEnd,

    /// <summary><c>{%</c></summary>
    TagBegin,

    /// <summary><c>%}</c></summary>
    TagEnd,

    Name,
    String,
    Integer,
    Float,
    Operator,
    End,
}

/// <summary>A word of a template.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="Value">Its text, or the content of a string.</param>
/// <param name="Line">The line on which it begins.</param>
internal readonly record struct Token(TokenKind Kind, string Value, int Line)
{
    public bool IsOperator(string sign) => Kind == TokenKind.Operator && Value == sign;

    public bool IsName(string name) => Kind == TokenKind.Name && Value == name;

    public string Describe() => Kind switch
    {
        TokenKind.End => "the end of the template",
        TokenKind.PrintEnd or TokenKind.TagEnd => $"'{Value}'",
        TokenKind.Data => "the end of the tag",
        _ => $"'{Value}'",
    };
}
