namespace Engine.Chat.Jinja;

/// <summary>Something a template can call.</summary>
internal abstract class Callable
{
    public abstract object Call(Arguments arguments, RenderState state);
}

/// <summary>A function of the language itself.</summary>
internal sealed class Function(Func<Arguments, RenderState, object> body) : Callable
{
    public override object Call(Arguments arguments, RenderState state) => body(arguments, state);
}
