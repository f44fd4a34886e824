using System.Globalization;
using System.Numerics;
using System.Text;

namespace Engine.Chat.Jinja;

/// <summary>Parses expressions, from the loosest binding to the tightest, as Jinja's own parser does.</summary>
internal sealed class ExpressionParser(TokenStream tokens)
{
    private static readonly string[] Comparisons = ["==", "!=", "<", "<=", ">", ">="];

    /// <summary>Parses one expression.</summary>
    public Expression Read(bool withConditional = true)
    {
        Budget.RequireStack();
        Expression value = ReadOr();
        while (withConditional && tokens.Current.IsName("if"))
        {
            int line = tokens.Next().Line;
            Expression condition = ReadOr();
            value = new ConditionalExpression(condition, value, tokens.Skip("else") ? Read() : null, line);
        }
        return value;
    }

    /// <summary>Parses one expression, or a tuple of several separated by commas.</summary>
    public Expression ReadTuple(bool withConditional = true, bool inParentheses = false)
    {
        int line = tokens.Current.Line;
        var items = new List<Expression>();
        bool isTuple = false;
        while (!EndsTuple())
        {
            items.Add(Read(withConditional));
            if (!tokens.SkipOperator(","))
            {
                break;
            }
            isTuple = true;
        }
        return !isTuple && items.Count == 1 ? items[0]
            : items.Count > 0 || inParentheses ? new TupleExpression(items, line)
            : throw tokens.Unexpected("an expression");
    }

    /// <summary>Parses what a value can be assigned to: a name, an attribute of a namespace, or several targets.</summary>
    public Target ReadTarget()
    {
        var targets = new List<Target>();
        bool isTuple = false;
        while (tokens.Current.Kind == TokenKind.Name || tokens.Current.IsOperator("("))
        {
            if (tokens.SkipOperator("("))
            {
                targets.Add(ReadTarget());
                tokens.RequireOperator(")");
            }
            else
            {
                string name = tokens.Next().Value;
                targets.Add(tokens.SkipOperator(".") ? new NamespaceTarget(name, tokens.Require(TokenKind.Name, "a name").Value) : new NameTarget(name));
            }
            if (!tokens.SkipOperator(","))
            {
                break;
            }
            isTuple = true;
            if (tokens.Current.IsName("in"))
            {
                break;
            }
        }
        return targets.Count == 0 ? throw tokens.Unexpected("a name") : isTuple ? new TupleTarget(targets) : targets[0];
    }

    /// <summary>Parses the filters after a value, or those of a block, which has no value and where the first filter needs no <c>|</c>.</summary>
    public FilterExpression ReadFilters(Expression? target)
    {
        FilterExpression? filter = null;
        while (tokens.SkipOperator("|") || (target is null && filter is null))
        {
            Token name = tokens.Require(TokenKind.Name, "the name of a filter");
            ArgumentList arguments = tokens.Current.IsOperator("(") ? ReadArguments() : ArgumentList.None;
            filter = new FilterExpression(filter ?? target, name.Value, arguments, name.Line);
        }
        return filter!;
    }

    private bool EndsTuple() =>
        tokens.Current.Kind is TokenKind.TagEnd or TokenKind.PrintEnd or TokenKind.End || tokens.Current.IsOperator(")");

    private Expression ReadOr()
    {
        Expression left = ReadAnd();
        while (tokens.Skip("or"))
        {
            left = new LogicExpression(left, ReadAnd(), isAnd: false, left.Line);
        }
        return left;
    }

    private Expression ReadAnd()
    {
        Expression left = ReadNot();
        while (tokens.Skip("and"))
        {
            left = new LogicExpression(left, ReadNot(), isAnd: true, left.Line);
        }
        return left;
    }

    private Expression ReadNot()
    {
        Budget.RequireStack();
        int line = tokens.Current.Line;
        return tokens.Skip("not") ? new NotExpression(ReadNot(), line) : ReadComparison();
    }

    private Expression ReadComparison()
    {
        Expression first = ReadSum();
        var rest = new List<(string, Expression)>();
        while (true)
        {
            if (tokens.Current.Kind == TokenKind.Operator && Comparisons.Contains(tokens.Current.Value))
            {
                string sign = tokens.Next().Value;
                rest.Add((sign, ReadSum()));
            }
            else if (tokens.Skip("in"))
            {
                rest.Add(("in", ReadSum()));
            }
            else if (tokens.Current.IsName("not") && tokens.Following.IsName("in"))
            {
                tokens.Next();
                tokens.Next();
                rest.Add(("not in", ReadSum()));
            }
            else
            {
                return rest.Count == 0 ? first : new CompareExpression(first, rest, first.Line);
            }
        }
    }

    private Expression ReadSum() => ReadOperators(ReadConcat, "+", "-");

    private Expression ReadConcat()
    {
        Expression first = ReadProduct();
        var parts = new List<Expression> { first };
        while (tokens.SkipOperator("~"))
        {
            parts.Add(ReadProduct());
        }
        return parts.Count == 1 ? first : new ConcatExpression(parts, first.Line);
    }

    private Expression ReadProduct() => ReadOperators(ReadPower, "*", "/", "//", "%");

    private Expression ReadPower() => ReadOperators(() => ReadUnary(), "**");

    private Expression ReadOperators(Func<Expression> operand, params string[] signs)
    {
        Expression left = operand();
        while (tokens.Current.Kind == TokenKind.Operator && signs.Contains(tokens.Current.Value))
        {
            Token sign = tokens.Next();
            left = new ArithmeticExpression(sign.Value, left, operand(), sign.Line);
        }
        return left;
    }

    private Expression ReadUnary(bool withFilter = true)
    {
        Budget.RequireStack();
        int line = tokens.Current.Line;
        Expression value = tokens.SkipOperator("-") ? new NegativeExpression(ReadUnary(withFilter: false), line)
            : tokens.SkipOperator("+") ? new PositiveExpression(ReadUnary(withFilter: false), line)
            : ReadPrimary();
        value = ReadPostfix(value);
        return withFilter ? ReadFiltersAndTests(value) : value;
    }

    private Expression ReadPrimary()
    {
        Token token = tokens.Next();
        switch (token.Kind)
        {
            case TokenKind.Name:
                return token.Value switch
                {
                    "true" or "True" => new LiteralExpression(true, token.Line),
                    "false" or "False" => new LiteralExpression(false, token.Line),
                    "none" or "None" => new LiteralExpression(None.Value, token.Line),
                    _ => new NameExpression(token.Value, token.Line),
                };
            case TokenKind.String:
                var text = new StringBuilder(token.Value);
                while (tokens.Current.Kind == TokenKind.String)
                {
                    text.Append(tokens.Next().Value);
                }
                return new LiteralExpression(Text.Own(text.ToString()), token.Line);
            case TokenKind.Integer:
                return new LiteralExpression(PyType.ParseInteger(token.Value) ?? throw new JinjaException($"'{token.Value}' is no number", token.Line), token.Line);
            case TokenKind.Float:
                return new LiteralExpression(double.Parse(token.Value, CultureInfo.InvariantCulture), token.Line);
            case TokenKind.Operator when token.Value == "(":
                Expression inner = ReadTuple(inParentheses: true);
                tokens.RequireOperator(")");
                return inner;
            case TokenKind.Operator when token.Value == "[":
                return new ListExpression(ReadItems("]", () => Read()), token.Line);
            case TokenKind.Operator when token.Value == "{":
                return new MappingExpression(ReadItems("}", ReadPair), token.Line);
            default:
                throw new JinjaException($"expected an expression, found {token.Describe()}", token.Line);
        }
    }

    private (Expression Key, Expression Value) ReadPair()
    {
        Expression key = Read();
        tokens.RequireOperator(":");
        return (key, Read());
    }

    private List<T> ReadItems<T>(string close, Func<T> read)
    {
        var items = new List<T>();
        while (!tokens.SkipOperator(close))
        {
            if (items.Count > 0)
            {
                tokens.RequireOperator(",");
                if (tokens.SkipOperator(close))
                {
                    break;
                }
            }
            items.Add(read());
        }
        return items;
    }

    private Expression ReadPostfix(Expression value)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (tokens.SkipOperator("."))
            {
                Token name = tokens.Next();
                value = name.Kind switch
                {
                    TokenKind.Name => new AttributeExpression(value, name.Value, token.Line),
                    TokenKind.Integer => new ItemExpression(value, new LiteralExpression(BigInteger.Parse(name.Value, CultureInfo.InvariantCulture), name.Line), token.Line),
                    _ => throw new JinjaException($"expected a name or number after '.', found {name.Describe()}", name.Line),
                };
            }
            else if (tokens.SkipOperator("["))
            {
                value = ReadSubscript(value, token.Line);
            }
            else if (token.IsOperator("("))
            {
                value = new CallExpression(value, ReadArguments(), token.Line);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadSubscript(Expression value, int line)
    {
        Expression? start = tokens.Current.IsOperator(":") ? null : Read();
        if (!tokens.SkipOperator(":"))
        {
            var items = new List<Expression> { start! };
            while (tokens.SkipOperator(","))
            {
                items.Add(Read());
            }
            tokens.RequireOperator("]");
            return new ItemExpression(value, items.Count == 1 ? start! : new TupleExpression(items, line), line);
        }
        Expression? stop = tokens.Current.IsOperator(":") || tokens.Current.IsOperator("]") ? null : Read();
        Expression? step = tokens.SkipOperator(":") && !tokens.Current.IsOperator("]") ? Read() : null;
        tokens.RequireOperator("]");
        return new SliceExpression(value, start, stop, step, line);
    }

    private Expression ReadFiltersAndTests(Expression value)
    {
        while (true)
        {
            Token token = tokens.Current;
            if (token.IsOperator("|"))
            {
                value = ReadFilters(value);
            }
            else if (tokens.Skip("is"))
            {
                value = ReadTest(value, token.Line);
            }
            else if (token.IsOperator("("))
            {
                value = new CallExpression(value, ReadArguments(), token.Line);
            }
            else
            {
                return value;
            }
        }
    }

    private Expression ReadTest(Expression value, int line)
    {
        bool negated = tokens.Skip("not");
        string name = tokens.Require(TokenKind.Name, "the name of a test").Value;
        ArgumentList arguments = ArgumentList.None;
        Token next = tokens.Current;
        if (next.IsOperator("("))
        {
            arguments = ReadArguments();
        }
        else if (next.Kind is TokenKind.String or TokenKind.Integer or TokenKind.Float || next.IsOperator("[") || next.IsOperator("{")
            || (next.Kind == TokenKind.Name && next.Value is not ("else" or "or" or "and")))
        {
            // "x is divisibleby 3"
            arguments = next.IsName("is")
                ? throw new JinjaException("tests cannot be chained with 'is'", next.Line)
                : new ArgumentList([ReadPostfix(ReadPrimary())], [], null, null);
        }
        Expression test = new TestExpression(value, name, arguments, line);
        return negated ? new NotExpression(test, line) : test;
    }

    private ArgumentList ReadArguments()
    {
        tokens.RequireOperator("(");
        var positional = new List<Expression>();
        var named = new List<(string, Expression)>();
        Expression? more = null;
        Expression? moreNamed = null;
        ReadItems(")", () =>
        {
            if (tokens.SkipOperator("**"))
            {
                moreNamed = Read();
            }
            else if (tokens.SkipOperator("*"))
            {
                more = Read();
            }
            else if (tokens.Current.Kind == TokenKind.Name && tokens.Following.IsOperator("="))
            {
                string name = tokens.Next().Value;
                tokens.Next();
                named.Add((name, Read()));
            }
            else
            {
                positional.Add(named.Count == 0 && more is null ? Read() : throw tokens.Unexpected("no positional argument after those by name"));
            }
            return true;
        });
        return new ArgumentList(positional, named, more, moreNamed);
    }
}
