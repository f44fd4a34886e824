namespace Engine.Chat.Jinja;

/// <summary>What a value is assigned to.</summary>
internal abstract class Target
{
    public abstract void Assign(Scope scope, object value);
}

internal sealed class NameTarget(string name) : Target
{
    public override void Assign(Scope scope, object value) => scope[name] = value;
}

/// <summary><c>ns.name</c></summary>
internal sealed class NamespaceTarget(string space, string name) : Target
{
    public override void Assign(Scope scope, object value) =>
        (scope[space] as Namespace ?? throw new JinjaException($"cannot set '{space}.{name}': '{space}' is not a namespace")).Values[name] = value;
}

/// <summary><c>a, b</c></summary>
internal sealed class TupleTarget(IReadOnlyList<Target> targets) : Target
{
    public override void Assign(Scope scope, object value)
    {
        List<object> items = PyType.Items(value, scope.State.Budget);
        if (items.Count != targets.Count)
        {
            throw new JinjaException($"expected {targets.Count} values to unpack, found {items.Count}");
        }
        for (int i = 0; i < items.Count; i++)
        {
            targets[i].Assign(scope, items[i]);
        }
    }
}
