namespace Engine.Chat.Jinja;

/// <summary>A piece of a template that has a value.</summary>
/// <param name="line">Its line in the template.</param>
internal abstract class Expression(int line)
{
    public int Line => line;

    public object Evaluate(Scope scope)
    {
        Budget.RequireStack();
        scope.State.Budget.Spend();
        scope.State.Line = line;
        return Compute(scope);
    }

    protected abstract object Compute(Scope scope);
}

internal sealed class LiteralExpression(object value, int line) : Expression(line)
{
    public object Value => value;

    protected override object Compute(Scope scope) => value;
}

internal sealed class NameExpression(string name, int line) : Expression(line)
{
    public string Name => name;

    protected override object Compute(Scope scope) => scope[name];
}

internal sealed class ListExpression(IReadOnlyList<Expression> items, int line) : Expression(line)
{
    protected override object Compute(Scope scope) => items.Select(item => item.Evaluate(scope)).ToList();
}

internal sealed class TupleExpression(IReadOnlyList<Expression> items, int line) : Expression(line)
{
    public IReadOnlyList<Expression> Items => items;

    protected override object Compute(Scope scope) => new PyTuple([.. items.Select(item => item.Evaluate(scope))]);
}

internal sealed class MappingExpression(IReadOnlyList<(Expression Key, Expression Value)> items, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        var mapping = new Mapping();
        foreach ((Expression key, Expression value) in items)
        {
            mapping[key.Evaluate(scope)] = value.Evaluate(scope);
        }
        return mapping;
    }
}

/// <summary><c>a.b</c></summary>
internal sealed class AttributeExpression(Expression target, string name, int line) : Expression(line)
{
    public Expression Target => target;

    public string Name => name;

    protected override object Compute(Scope scope)
    {
        object value = target.Evaluate(scope);
        scope.State.Line = Line;
        return Members.Attribute(value, name);
    }
}

/// <summary><c>a[b]</c></summary>
internal sealed class ItemExpression(Expression target, Expression key, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object value = target.Evaluate(scope);
        object at = key.Evaluate(scope);
        scope.State.Line = Line;
        return Members.Item(value, at);
    }
}

/// <summary><c>a[b:c:d]</c></summary>
internal sealed class SliceExpression(Expression target, Expression? start, Expression? stop, Expression? step, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object value = target.Evaluate(scope);
        int?[] bounds = [Bound(start), Bound(stop), Bound(step)];
        scope.State.Line = Line;
        return Members.Slice(value, bounds[0], bounds[1], bounds[2] ?? 1, scope.State.Budget);

        int? Bound(Expression? bound) => bound?.Evaluate(scope) switch { null or None => null, object number => PyType.Index(number, "slice") };
    }
}

internal sealed class CallExpression(Expression target, ArgumentList arguments, int line) : Expression(line)
{
    protected override object Compute(Scope scope) => Call(scope, null);

    /// <summary>Calls with a body that the called macro may render: <c>caller</c>.</summary>
    public object Call(Scope scope, Callable? caller)
    {
        object function = target.Evaluate(scope);
        Arguments given = arguments.Evaluate(scope);
        scope.State.Line = Line;
        if (caller is not null)
        {
            given = given with { Named = new Dictionary<string, object>(given.Named) { ["caller"] = caller } };
        }
        return function switch
        {
            Callable callable => callable.Call(given, scope.State),
            Undefined undefined => throw new JinjaException(undefined.Complaint),
            _ => throw new JinjaException($"'{PyType.Name(function)}' object is not callable"),
        };
    }
}

/// <summary><c>a|name(…)</c></summary>
internal sealed class FilterExpression(Expression? target, string name, ArgumentList arguments, int line) : Expression(line)
{
    protected override object Compute(Scope scope) => Apply(target!.Evaluate(scope), scope);

    /// <summary>Applies the filter to a value; for blocks, which have no target expression.</summary>
    public object Apply(object value, Scope scope)
    {
        object filtered = target is FilterExpression { IsOpen: true } inner ? inner.Apply(value, scope) : value;
        Arguments given = arguments.Evaluate(scope);
        scope.State.Line = Line;
        return Filters.Apply(name, filtered, given, scope.State);
    }

    /// <summary>Whether the chain of filters has no target expression, as in a block.</summary>
    public bool IsOpen => target is null || target is FilterExpression { IsOpen: true };
}

/// <summary><c>a is name</c></summary>
internal sealed class TestExpression(Expression target, string name, ArgumentList arguments, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object value = target.Evaluate(scope);
        Arguments given = arguments.Evaluate(scope);
        scope.State.Line = Line;
        return Tests.Apply(name, value, given, scope.State);
    }
}

internal sealed class NotExpression(Expression operand, int line) : Expression(line)
{
    protected override object Compute(Scope scope) => !PyType.IsTrue(operand.Evaluate(scope));
}

internal sealed class NegativeExpression(Expression operand, int line) : Expression(line)
{
    protected override object Compute(Scope scope) => PyOperators.Negate(operand.Evaluate(scope));
}

/// <summary><c>+a</c>: a number; 1 for <c>true</c>.</summary>
internal sealed class PositiveExpression(Expression operand, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object value = operand.Evaluate(scope);
        scope.State.Line = Line;
        return PyOperators.Positive(value);
    }
}

/// <summary><c>and</c>, <c>or</c>: the operand that decides, as in Python.</summary>
internal sealed class LogicExpression(Expression left, Expression right, bool isAnd, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object first = left.Evaluate(scope);
        return PyType.IsTrue(first) == isAnd ? right.Evaluate(scope) : first;
    }
}

internal sealed class ArithmeticExpression(string operation, Expression left, Expression right, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object a = left.Evaluate(scope);
        object b = right.Evaluate(scope);
        scope.State.Line = Line;
        return PyOperators.Apply(operation, a, b, scope.State);
    }
}

/// <summary><c>a ~ b ~ c</c></summary>
internal sealed class ConcatExpression(IReadOnlyList<Expression> parts, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        var text = new TextBuilder(scope.State.Budget);
        foreach (Expression part in parts)
        {
            text.Append(PyText.Str(part.Evaluate(scope), scope.State.Budget));
        }
        return text.ToText();
    }
}

/// <summary><c>a &lt; b &lt;= c</c>: true if each step is; later operands are not evaluated after a false step.</summary>
internal sealed class CompareExpression(Expression first, IReadOnlyList<(string Operator, Expression Operand)> rest, int line) : Expression(line)
{
    protected override object Compute(Scope scope)
    {
        object left = first.Evaluate(scope);
        foreach ((string operation, Expression operand) in rest)
        {
            object right = operand.Evaluate(scope);
            scope.State.Line = Line;
            if (!Holds(operation, left, right, scope.State.Budget))
            {
                return false;
            }
            left = right;
        }
        return true;
    }

    private static bool Holds(string operation, object a, object b, Budget budget) => operation switch
    {
        "==" => PyEquality.Instance.Equals(a, b),
        "!=" => !PyEquality.Instance.Equals(a, b),
        "in" => PyOrder.Contains(b, a, budget),
        "not in" => !PyOrder.Contains(b, a, budget),
        "<" => PyOrder.Compare(a, b, operation) < 0,
        "<=" => PyOrder.Compare(a, b, operation) <= 0,
        ">" => PyOrder.Compare(a, b, operation) > 0,
        _ => PyOrder.Compare(a, b, operation) >= 0,
    };
}

/// <summary><c>a if b else c</c></summary>
internal sealed class ConditionalExpression(Expression condition, Expression then, Expression? otherwise, int line) : Expression(line)
{
    protected override object Compute(Scope scope) => PyType.IsTrue(condition.Evaluate(scope))
        ? then.Evaluate(scope)
        : otherwise?.Evaluate(scope) ?? PyType.Undefined("the inline if-expression is false and has no else");
}

/// <summary>The arguments as written in the template.</summary>
internal sealed record ArgumentList(
    IReadOnlyList<Expression> Positional, IReadOnlyList<(string Name, Expression Value)> Named, Expression? More, Expression? MoreNamed)
{
    public static readonly ArgumentList None = new([], [], null, null);

    public Arguments Evaluate(Scope scope)
    {
        if (Positional.Count == 0 && Named.Count == 0 && More is null && MoreNamed is null)
        {
            return Arguments.None;
        }
        List<object> positional = [.. Positional.Select(argument => argument.Evaluate(scope))];
        if (More is not null)
        {
            positional.AddRange(PyType.Items(More.Evaluate(scope), scope.State.Budget));
        }
        var named = new Dictionary<string, object>(StringComparer.Ordinal);
        foreach ((string name, Expression value) in Named)
        {
            named[name] = value.Evaluate(scope);
        }
        if (MoreNamed?.Evaluate(scope) is { } more)
        {
            foreach ((object name, object value) in more as Mapping ?? throw PyType.Mistake("**", "a mapping", more))
            {
                named[PyType.RequireText(name, "**").Value] = value;
            }
        }
        return new Arguments(positional, named);
    }
}
