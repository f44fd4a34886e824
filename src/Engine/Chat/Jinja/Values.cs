namespace Engine.Chat.Jinja;

// Values of the language: Text, bool, BigInteger (Python's int), double, None, Undefined, List<object>, PyTuple, Mapping,
// Namespace, LoopState, Callable. No value is null.

/// <summary>Python's <c>None</c>.</summary>
internal sealed class None
{
    public static readonly None Value = new();

    private None()
    {
    }
}

/// <summary>The value of a missing name or attribute. It prints as nothing, is false and empty, and any other use is an error.</summary>
/// <param name="complaint">The error message when it is used.</param>
internal sealed class Undefined(string complaint)
{
    public string Complaint { get; } = complaint;
}

/// <summary>A Python tuple.</summary>
internal sealed class PyTuple(params object[] items)
{
    public object[] Items { get; } = items;
}

/// <summary>A Python dict. It keeps the order of insertion, and 1, 1.0 and True are the same key.</summary>
internal sealed class Mapping : OrderedDictionary<object, object>
{
    public Mapping() : base(PyEquality.Instance)
    {
    }

    public object? Find(string key) => TryGetValue(Text.Own(key), out object? value) ? value : null;
}

/// <summary>A value with attributes.</summary>
internal interface IAttributes
{
    /// <summary>The attribute, or null.</summary>
    object? Find(string name);
}

/// <summary>The result of <c>namespace()</c>, whose attributes can be set from within loops.</summary>
internal sealed class Namespace : IAttributes
{
    public Dictionary<string, object> Values { get; } = new(StringComparer.Ordinal);

    public object? Find(string name) => Values.GetValueOrDefault(name);
}

/// <summary>A value that a template can call.</summary>
internal abstract class Callable
{
    public abstract object Call(Arguments arguments, RenderState state);
}

/// <summary>A function of the language itself.</summary>
internal sealed class Function(Func<Arguments, RenderState, object> body) : Callable
{
    public override object Call(Arguments arguments, RenderState state) => body(arguments, state);
}
