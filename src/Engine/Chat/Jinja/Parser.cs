namespace Engine.Chat.Jinja;

/// <summary>Parses the statements of a template.</summary>
internal sealed class Parser
{
    private readonly TokenStream _tokens;
    private readonly ExpressionParser _expressions;

    private Parser(TokenStream tokens) => (_tokens, _expressions) = (tokens, new ExpressionParser(tokens));

    /// <exception cref="JinjaException">The template is not well-formed.</exception>
    public static Statement Read(string source)
    {
        var tokens = new TokenStream(Lexer.Read(source));
        try
        {
            return new Parser(tokens).ReadBody([]);
        }
        catch (JinjaException e) when (e.Line == 0)
        {
            throw new JinjaException(e.Message, tokens.Current.Line);
        }
    }

    /// <summary>Parses statements up to a tag with one of these names, which is not consumed, or up to the end of the template if no names are given.</summary>
    private Sequence ReadBody(string[] ends)
    {
        Budget.RequireStack();
        int line = _tokens.Current.Line;
        var statements = new List<Statement>();
        while (true)
        {
            Token token = _tokens.Next();
            switch (token.Kind)
            {
                case TokenKind.Data:
                    statements.Add(new Data(token.Value, token.Line));
                    break;
                case TokenKind.PrintBegin:
                    statements.Add(new Print(_expressions.ReadTuple(), token.Line));
                    _tokens.Require(TokenKind.PrintEnd, "'}}'");
                    break;
                case TokenKind.TagBegin:
                    if (_tokens.Current.Kind == TokenKind.Name && ends.Contains(_tokens.Current.Value))
                    {
                        return new Sequence(statements, line);
                    }
                    statements.Add(ReadStatement());
                    break;
                default:
                    return ends.Length == 0 ? new Sequence(statements, line)
                        : throw new JinjaException($"expected '{{% {string.Join(" %}' or '{% ", ends)} %}}' for the tag of line {line}, found the end of the template", token.Line);
            }
        }
    }

    private Statement ReadStatement()
    {
        Token tag = _tokens.Require(TokenKind.Name, "the name of a tag");
        int line = tag.Line;
        switch (tag.Value)
        {
            case "if":
                return ReadIf(line);
            case "for":
                return ReadFor(line);
            case "set":
                return ReadSet(line);
            case "macro":
                return ReadMacro(line);
            case "call":
                return ReadCall(line);
            case "with":
                return ReadWith(line);
            case "filter":
                FilterExpression filter = _expressions.ReadFilters(null);
                return new FilterBlock(filter, ReadBlock("endfilter"), line);
            case "generation":
                // Marks the assistant's text for training. It renders as its content.
                return new With([], ReadBlock("endgeneration"), line);
            case "break" or "continue":
                _tokens.Require(TokenKind.TagEnd, "'%}'");
                return new Leave(tag.Value == "break" ? Flow.Break : Flow.Continue, line);
            default:
                throw new JinjaException($"unknown tag '{tag.Value}'", line);
        }
    }

    private Sequence ReadBlock(string end)
    {
        _tokens.Require(TokenKind.TagEnd, "'%}'");
        Sequence body = ReadBody([end]);
        _tokens.Next();
        _tokens.Require(TokenKind.TagEnd, "'%}'");
        return body;
    }

    private If ReadIf(int line)
    {
        var branches = new List<(Expression, Statement)>();
        Statement? otherwise = null;
        while (true)
        {
            Expression condition = _expressions.ReadTuple(withConditional: false);
            _tokens.Require(TokenKind.TagEnd, "'%}'");
            branches.Add((condition, ReadBody(["elif", "else", "endif"])));
            string next = _tokens.Next().Value;
            if (next == "else")
            {
                _tokens.Require(TokenKind.TagEnd, "'%}'");
                otherwise = ReadBody(["endif"]);
                _tokens.Next();
            }
            if (next != "elif")
            {
                _tokens.Require(TokenKind.TagEnd, "'%}'");
                return new If(branches, otherwise, line);
            }
        }
    }

    private For ReadFor(int line)
    {
        Target target = _expressions.ReadTarget();
        if (!_tokens.Skip("in"))
        {
            throw new JinjaException($"expected 'in' of the loop, found {_tokens.Current.Describe()}", line);
        }
        Expression source = _expressions.ReadTuple(withConditional: false);
        Expression? condition = _tokens.Skip("if") ? _expressions.Read() : null;
        bool isRecursive = _tokens.Skip("recursive");
        _tokens.Require(TokenKind.TagEnd, "'%}'");
        Statement body = ReadBody(["else", "endfor"]);
        Statement? otherwise = null;
        if (_tokens.Next().Value == "else")
        {
            _tokens.Require(TokenKind.TagEnd, "'%}'");
            otherwise = ReadBody(["endfor"]);
            _tokens.Next();
        }
        _tokens.Require(TokenKind.TagEnd, "'%}'");
        return new For(target, source, condition, body, otherwise, isRecursive, line);
    }

    private Statement ReadSet(int line)
    {
        Target target = _expressions.ReadTarget();
        if (_tokens.SkipOperator("="))
        {
            Expression value = _expressions.ReadTuple();
            _tokens.Require(TokenKind.TagEnd, "'%}'");
            return new Set(target, value, line);
        }
        FilterExpression? filter = _tokens.Current.IsOperator("|") ? _expressions.ReadFilters(null) : null;
        return new SetBlock(target, filter, ReadBlock("endset"), line);
    }

    private MacroDefinition ReadMacro(int line)
    {
        string name = _tokens.Require(TokenKind.Name, "the name of the macro").Value;
        List<Parameter> parameters = ReadParameters();
        int before = _tokens.Position;
        Statement body = ReadBlock("endmacro");
        return new MacroDefinition(SignatureOf(name, parameters, before), body, line);
    }

    private CallBlock ReadCall(int line)
    {
        List<Parameter> parameters = _tokens.Current.IsOperator("(") ? ReadParameters() : [];
        CallExpression call = _expressions.Read() as CallExpression ?? throw new JinjaException("expected a call after 'call'", line);
        int before = _tokens.Position;
        Statement body = ReadBlock("endcall");
        return new CallBlock(SignatureOf("caller", parameters, before), call, body, line);
    }

    private Signature SignatureOf(string name, List<Parameter> parameters, int bodyStart) =>
        new(name, parameters, _tokens.Names("varargs", bodyStart), _tokens.Names("kwargs", bodyStart), _tokens.Names("caller", bodyStart));

    private List<Parameter> ReadParameters()
    {
        _tokens.RequireOperator("(");
        var parameters = new List<Parameter>();
        while (!_tokens.SkipOperator(")"))
        {
            if (parameters.Count > 0)
            {
                _tokens.RequireOperator(",");
            }
            string name = _tokens.Require(TokenKind.Name, "the name of a parameter").Value;
            parameters.Add(new Parameter(name, _tokens.SkipOperator("=") ? _expressions.Read() : null));
        }
        return parameters;
    }

    private With ReadWith(int line)
    {
        var values = new List<(Target, Expression)>();
        while (_tokens.Current.Kind != TokenKind.TagEnd)
        {
            if (values.Count > 0)
            {
                _tokens.RequireOperator(",");
            }
            Target target = _expressions.ReadTarget();
            _tokens.RequireOperator("=");
            values.Add((target, _expressions.Read()));
        }
        return new With(values, ReadBlock("endwith"), line);
    }
}
