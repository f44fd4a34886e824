namespace Engine.Chat.Jinja;

/// <summary>A parameter of a macro.</summary>
/// <param name="Default">The value if no argument is given; null for undefined.</param>
internal sealed record Parameter(string Name, Expression? Default);

/// <summary>The signature of a macro.</summary>
/// <param name="TakesMore">Whether its body reads <c>varargs</c>, the arguments beyond the parameters.</param>
/// <param name="TakesMoreNamed">Whether its body reads <c>kwargs</c>.</param>
/// <param name="TakesCaller">Whether its body reads <c>caller</c>.</param>
internal sealed record Signature(string Name, IReadOnlyList<Parameter> Parameters, bool TakesMore, bool TakesMoreNamed, bool TakesCaller);

/// <summary>A macro, or the body of a call block: a piece of template that renders its arguments as text.</summary>
/// <param name="signature">Its name and parameters.</param>
/// <param name="body">The statement it renders.</param>
/// <param name="scope">The scope in which it is defined, whose names it sees when it is called.</param>
internal sealed class Macro(Signature signature, Statement body, Scope scope) : Callable, IAttributes
{
    public string Name => signature.Name;

    public object? Find(string attribute) => attribute == "name" ? Text.Own(Name) : null;

    public override object Call(Arguments arguments, RenderState state)
    {
        IReadOnlyList<Parameter> parameters = signature.Parameters;
        Scope inner = scope.Inner();
        var rest = new Mapping();
        foreach ((string key, object value) in arguments.Named)
        {
            if ((key != "caller" || !signature.TakesCaller) && parameters.All(parameter => parameter.Name != key))
            {
                rest[Text.Own(key)] = value;
            }
        }
        inner["varargs"] = new PyTuple([.. arguments.Positional.Skip(parameters.Count)]);
        inner["kwargs"] = rest;
        inner["caller"] = arguments.Named.GetValueOrDefault("caller") ?? PyType.Undefined("No caller defined");
        if ((arguments.Positional.Count > parameters.Count && !signature.TakesMore) || (rest.Count > 0 && !signature.TakesMoreNamed))
        {
            throw new JinjaException($"macro '{signature.Name}' takes no such argument; given were {arguments.Positional.Count} positional and {arguments.Named.Count} by name");
        }
        for (int i = 0; i < parameters.Count; i++)
        {
            inner[parameters[i].Name] = arguments.Find(i, parameters[i].Name)
                ?? parameters[i].Default?.Evaluate(inner)
                ?? PyType.Undefined($"parameter '{parameters[i].Name}' was not provided");
        }
        return state.Budget.Call(() =>
        {
            var output = new TextBuilder(state.Budget);
            body.Execute(inner, output);
            return output.ToText();
        });
    }
}
