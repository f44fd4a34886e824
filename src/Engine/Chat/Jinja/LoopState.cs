namespace Engine.Chat.Jinja;

/// <summary>The variable <c>loop</c> in the body of a loop.</summary>
/// <param name="items">The items it runs over.</param>
/// <param name="depth">The depth of recursive calls of the loop, from 0.</param>
/// <param name="again">Renders the body over other items, in a loop marked <c>recursive</c>; null in other loops.</param>
internal sealed class LoopState(IReadOnlyList<object> items, int depth, Func<object, int, object>? again) : Callable, IAttributes
{
    private object? _changed;

    public int Index { get; set; }

    public int Length => items.Count;

    public object? Find(string name) => name switch
    {
        "index" => PyType.Int(Index + 1),
        "index0" => PyType.Int(Index),
        "revindex" => PyType.Int(items.Count - Index),
        "revindex0" => PyType.Int(items.Count - Index - 1),
        "first" => Index == 0,
        "last" => Index == items.Count - 1,
        "length" => PyType.Int(items.Count),
        "previtem" => Index > 0 ? items[Index - 1] : PyType.Undefined("there is no previous item"),
        "nextitem" => Index < items.Count - 1 ? items[Index + 1] : PyType.Undefined("there is no next item"),
        "depth" => PyType.Int(depth + 1),
        "depth0" => PyType.Int(depth),
        "cycle" => new Function((arguments, _) => arguments.Positional.Count > 0
            ? arguments.Positional[Index % arguments.Positional.Count]
            : throw new JinjaException("no items for cycling given")),
        "changed" => new Function((arguments, _) => Changed(new PyTuple([.. arguments.Positional]))),
        _ => null,
    };

    public override object Call(Arguments arguments, RenderState state) => again is null
        ? throw new JinjaException("the loop must have the 'recursive' marker to be called recursively")
        : state.Budget.Call(() => again(arguments.Require(0, "iterable"), depth + 1));

    private bool Changed(PyTuple value)
    {
        bool changed = _changed is null || !PyEquality.Instance.Equals(_changed, value);
        _changed = value;
        return changed;
    }
}
