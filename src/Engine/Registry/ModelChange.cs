using System.Collections;
using System.Reflection;

namespace Engine.Registry;

/// <summary>Which changes of a model's options need another loading.</summary>
internal static class ModelChange
{
    /// <summary>What says when to load and unload, and nothing about the model that is loaded.</summary>
    private static readonly string[] Passing = [nameof(ModelOptions.Load), nameof(ModelOptions.UnloadAfter)];

    private static readonly PropertyInfo[] Loaded = [.. typeof(ModelOptions).GetProperties().Where(property => !Passing.Contains(property.Name))];

    /// <summary>Whether both options give the same model. Lists are compared by what is in them, which a record's equality does not do.</summary>
    public static bool GivesSame(ModelOptions a, ModelOptions b) => Array.TrueForAll(Loaded, property => Same(property.GetValue(a), property.GetValue(b)));

    private static bool Same(object? a, object? b) => (a, b) switch
    {
        (string, _) => Equals(a, b),
        (IEnumerable first, IEnumerable second) => first.Cast<object>().SequenceEqual(second.Cast<object>()),
        _ => Equals(a, b),
    };
}
