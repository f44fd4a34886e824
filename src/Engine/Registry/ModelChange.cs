using System.Collections;
using System.Reflection;

namespace Engine.Registry;

/// <summary>Decides which changes of a model's options require reloading.</summary>
internal static class ModelChange
{
    /// <summary>Drops the options that only say when to load and unload.</summary>
    private static readonly string[] Passing = [nameof(ModelOptions.Load), nameof(ModelOptions.UnloadAfter)];

    private static readonly PropertyInfo[] Loaded = [.. typeof(ModelOptions).GetProperties().Where(property => !Passing.Contains(property.Name))];

    /// <summary>Whether both options give the same model. Lists are compared by content, which a record's equality does not do.</summary>
    public static bool GivesSame(ModelOptions a, ModelOptions b) => Array.TrueForAll(Loaded, property => Same(property.GetValue(a), property.GetValue(b)));

    private static bool Same(object? a, object? b) => (a, b) switch
    {
        (string, _) => Equals(a, b),
        (IEnumerable first, IEnumerable second) => first.Cast<object>().SequenceEqual(second.Cast<object>()),
        _ => Equals(a, b),
    };
}
