using Mono.Cecil;

namespace Engine.Host.Tests;

/// <summary>Which room (namespace) of the product knows which, read from the compiled assemblies: signatures, bases, attributes and
/// the bodies of methods, those the compiler wrote for lambdas and async methods included. A constant leaves no trace: the compiler copies its value.</summary>
public sealed class Arrows
{
    private readonly SortedDictionary<(string From, string To), SortedSet<string>> _arrows = [];

    public Arrows(IReadOnlyList<ModuleDefinition> modules)
    {
        HashSet<string> ours = [.. modules.Select(m => m.Assembly.Name.Name)];
        foreach (TypeDefinition type in modules.SelectMany(m => m.GetTypes()))
        {
            foreach (TypeReference used in Named(type).SelectMany(Parts))
            {
                string scope = used.Scope switch
                {
                    ModuleDefinition own => own.Assembly.Name.Name,
                    AssemblyNameReference other => other.Name,
                    _ => "",
                };
                if (ours.Contains(scope) && Room(type) is { } from && Room(used) is { } to && from != to)
                {
                    if (!_arrows.TryGetValue((from, to), out SortedSet<string>? examples))
                    {
                        _arrows[(from, to)] = examples = new(StringComparer.Ordinal);
                    }
                    examples.Add($"{Outermost(type).Name} → {Outermost(used).Name}");
                }
            }
        }
    }

    public IEnumerable<(string From, string To)> All => _arrows.Keys;

    public string Examples((string From, string To) arrow) => string.Join(", ", _arrows[arrow].Take(3));

    /// <summary>The namespace of a type, "Program" for top-level statements; null: the compiler or its generators wrote it as a tool of their own.</summary>
    public static string? Room(TypeReference type)
    {
        TypeReference outermost = Outermost(type);
        return outermost.Name.StartsWith('<') || outermost.Namespace == "System.Text.RegularExpressions.Generated" ? null
            : outermost.Namespace.Length == 0 ? outermost.Name
            : outermost.Namespace;
    }

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static IEnumerable<TypeReference> Named(TypeDefinition type) =>
    [
        .. type.BaseType is { } parent ? [parent] : Array.Empty<TypeReference>(),
        .. type.Interfaces.Select(i => i.InterfaceType),
        .. Constraints(type),
        .. Attributes(type),
        .. type.Fields.SelectMany(f => Attributes(f).Append(f.FieldType)),
        .. type.Properties.SelectMany(Attributes),
        .. type.Events.SelectMany(Attributes),
        .. type.Methods.SelectMany(m => Signature(m).Concat(Constraints(m)).Concat(Attributes(m)).Concat(m.Parameters.SelectMany(Attributes))),
        .. type.Methods.Where(m => m.HasBody).SelectMany(m => Body(m.Body)),
    ];

    private static IEnumerable<TypeReference> Body(Mono.Cecil.Cil.MethodBody body) =>
    [
        .. body.Variables.Select(v => v.VariableType),
        .. body.ExceptionHandlers.Where(h => h.CatchType is not null).Select(h => h.CatchType),
        .. body.Instructions.SelectMany(i => i.Operand switch
        {
            TypeReference type => [type],
            FieldReference field => [field.DeclaringType, field.FieldType],
            GenericInstanceMethod method => [method.DeclaringType, .. Signature(method), .. method.GenericArguments],
            MethodReference method => [method.DeclaringType, .. Signature(method)],
            _ => Array.Empty<TypeReference>(),
        }),
    ];

    private static IEnumerable<TypeReference> Signature(MethodReference method) => method.Parameters.Select(p => p.ParameterType).Append(method.ReturnType);

    private static IEnumerable<TypeReference> Constraints(IGenericParameterProvider generic) =>
        generic.GenericParameters.SelectMany(p => p.Constraints).Select(c => c.ConstraintType);

    private static IEnumerable<TypeReference> Attributes(ICustomAttributeProvider provider) =>
        provider.CustomAttributes.SelectMany(a => a.ConstructorArguments.Select(c => c.Value).OfType<TypeReference>().Append(a.AttributeType));

    /// <summary>The types that a composed one names: of <c>Dictionary&lt;A, B[]&gt;</c> Dictionary, A and B.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference type) => type switch
    {
        GenericParameter => [],
        GenericInstanceType generic => [.. Parts(generic.ElementType), .. generic.GenericArguments.SelectMany(Parts)],
        FunctionPointerType pointer => [.. Parts(pointer.ReturnType), .. pointer.Parameters.SelectMany(p => Parts(p.ParameterType))],
        IModifierType modified => [.. Parts(modified.ElementType), .. Parts(modified.ModifierType)],
        TypeSpecification composed => Parts(composed.ElementType),
        _ => [type],
    };
}
