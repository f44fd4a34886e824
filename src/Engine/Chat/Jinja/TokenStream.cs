namespace Engine.Chat.Jinja;

/// <summary>The words of a template, read one after the other.</summary>
internal sealed class TokenStream(List<Token> tokens)
{
    public int Position { get; private set; }

    public Token Current => tokens[Position];

    public Token Following => tokens[Math.Min(Position + 1, tokens.Count - 1)];

    public Token Next()
    {
        Token token = Current;
        Position = Math.Min(Position + 1, tokens.Count - 1);
        return token;
    }

    public Token Require(TokenKind kind, string expected) => Current.Kind == kind ? Next() : throw Unexpected(expected);

    public void RequireOperator(string sign)
    {
        if (!SkipOperator(sign))
        {
            throw Unexpected($"'{sign}'");
        }
    }

    /// <summary>Skips this name if it comes next.</summary>
    public bool Skip(string name)
    {
        bool found = Current.IsName(name);
        Position += found ? 1 : 0;
        return found;
    }

    /// <summary>Skips this operator if it comes next.</summary>
    public bool SkipOperator(string sign)
    {
        bool found = Current.IsOperator(sign);
        Position += found ? 1 : 0;
        return found;
    }

    /// <summary>Whether a name occurs between a position and the current one.</summary>
    public bool Names(string name, int from)
    {
        int at = tokens.FindIndex(from, Position - from, token => token.IsName(name));
        return at >= 0;
    }

    public JinjaException Unexpected(string expected) => new($"expected {expected}, found {Current.Describe()}", Current.Line);
}
