namespace Engine.Chat.Jinja;

/// <summary><c>{% for a in b if c %}…{% else %}…{% endfor %}</c></summary>
internal sealed class For(Target target, Expression source, Expression? condition, Statement body, Statement? otherwise, bool isRecursive, int line)
    : Statement(line)
{
    protected override Flow Run(Scope scope, TextBuilder output)
    {
        Loop(scope, source.Evaluate(scope), 0, output);
        return Flow.Next;
    }

    private void Loop(Scope scope, object over, int depth, TextBuilder output)
    {
        List<object> items = PyType.Items(over, scope.State.Budget);
        if (condition is not null)
        {
            items = items.FindAll(item => PyType.IsTrue(condition.Evaluate(Bind(scope, item))));
        }
        bool anyFinished = false;
        var loop = new LoopState(items, depth, isRecursive ? Again : null);
        for (; loop.Index < items.Count; loop.Index++)
        {
            Scope inner = Bind(scope, items[loop.Index]);
            inner["loop"] = loop;
            Flow flow = body.Execute(inner, output);
            if (flow == Flow.Break)
            {
                break;
            }
            anyFinished |= flow == Flow.Next;
        }
        if (!anyFinished)
        {
            // As in Jinja, also if every round ended with 'continue', or the first one with 'break'.
            otherwise?.Execute(scope.Inner(), output);
        }

        object Again(object children, int deeper)
        {
            var text = new TextBuilder(scope.State.Budget);
            Loop(scope, children, deeper, text);
            return text.ToText();
        }
    }

    private Scope Bind(Scope scope, object item)
    {
        Scope inner = scope.Inner();
        target.Assign(inner, item);
        return inner;
    }
}
