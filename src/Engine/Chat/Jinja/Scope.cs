namespace Engine.Chat.Jinja;

/// <summary>The names visible in a part of a template: its own, then those of enclosing scopes.</summary>
internal sealed class Scope(RenderState state, Scope? parent = null)
{
    private readonly Dictionary<string, object> _values = new(StringComparer.Ordinal);

    public RenderState State => state;

    public object this[string name]
    {
        get
        {
            for (Scope? scope = this; scope is not null; scope = scope.Parent)
            {
                if (scope._values.TryGetValue(name, out object? value))
                {
                    return value;
                }
            }
            return PyType.Undefined($"'{name}' is undefined");
        }
        set => _values[name] = value;
    }

    private Scope? Parent => parent;

    /// <summary>A scope within this one.</summary>
    public Scope Inner() => new(state, this);
}
