namespace Engine.Chat.Jinja;

/// <summary>How a statement ends.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

/// <summary>A piece of a template that does something.</summary>
/// <param name="line">Its line in the template.</param>
internal abstract class Statement(int line)
{
    public int Line => line;

    public Flow Execute(Scope scope, TextBuilder output)
    {
        Budget.RequireStack();
        scope.State.Budget.Spend();
        scope.State.Line = line;
        return Run(scope, output);
    }

    protected abstract Flow Run(Scope scope, TextBuilder output);

    /// <summary>The text that the statement writes, as a value.</summary>
    public Text Render(Scope scope)
    {
        var text = new TextBuilder(scope.State.Budget);
        Execute(scope, text);
        return text.ToText();
    }
}

internal sealed class Data(string text, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        output.Append(text);
        return Flow.Next;
    }
}

/// <summary><c>{{ … }}</c></summary>
internal sealed class Print(Expression value, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        output.Append(PyText.Str(value.Evaluate(scope), scope.State.Budget));
        return Flow.Next;
    }
}

internal sealed class Sequence(IReadOnlyList<Statement> statements, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        foreach (Statement statement in statements)
        {
            if (statement.Execute(scope, output) is var flow and not Flow.Next)
            {
                return flow;
            }
        }
        return Flow.Next;
    }
}

internal sealed class If(IReadOnlyList<(Expression Condition, Statement Body)> branches, Statement? otherwise, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        foreach ((Expression condition, Statement body) in branches)
        {
            if (PyType.IsTrue(condition.Evaluate(scope)))
            {
                return body.Execute(scope, output);
            }
        }
        return otherwise?.Execute(scope, output) ?? Flow.Next;
    }
}

/// <summary><c>{% break %}</c>, <c>{% continue %}</c></summary>
internal sealed class Leave(Flow flow, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output) => flow;
}

/// <summary><c>{% set a = … %}</c></summary>
internal sealed class Set(Target target, Expression value, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        object result = value.Evaluate(scope);
        scope.State.Line = Line;
        target.Assign(scope, result);
        return Flow.Next;
    }
}

/// <summary><c>{% set a %}…{% endset %}</c></summary>
internal sealed class SetBlock(Target target, FilterExpression? filter, Statement body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        object text = body.Render(scope.Inner());
        target.Assign(scope, filter?.Apply(text, scope) ?? text);
        return Flow.Next;
    }
}

internal sealed class MacroDefinition(Signature signature, Statement body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        scope[signature.Name] = new Macro(signature, body, scope);
        return Flow.Next;
    }
}

/// <summary><c>{% call(a) m(b) %}…{% endcall %}</c></summary>
internal sealed class CallBlock(Signature caller, CallExpression call, Statement body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        output.Append(PyText.Str(call.Call(scope, new Macro(caller, body, scope)), scope.State.Budget));
        return Flow.Next;
    }
}

/// <summary><c>{% filter upper %}…{% endfilter %}</c></summary>
internal sealed class FilterBlock(FilterExpression filter, Statement body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        output.Append(PyText.Str(filter.Apply(body.Render(scope.Inner()), scope), scope.State.Budget));
        return Flow.Next;
    }
}

/// <summary><c>{% with a = … %}…{% endwith %}</c>, and blocks that only open a new scope.</summary>
internal sealed class With(IReadOnlyList<(Target Target, Expression Value)> values, Statement body, int line) : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        Scope inner = scope.Inner();
        object[] computed = [.. values.Select(pair => pair.Value.Evaluate(scope))];
        for (int i = 0; i < computed.Length; i++)
        {
            values[i].Target.Assign(inner, computed[i]);
        }
        return body.Execute(inner, output);
    }
}
