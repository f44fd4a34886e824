using Engine.Shadow;

namespace Engine.Registry;

/// <summary>The names of oracles in a configuration.</summary>
internal static class OracleNames
{
    /// <summary>The oracle that needs no configuration, and the backend that runs it.</summary>
    public const string Reference = ShadowOptions.Reference;

    /// <summary>Whether a name stands for the managed reference.</summary>
    public static bool IsReference(string oracle) => StrictSection.Same(oracle, Reference);

    /// <summary>Why a name is not a valid oracle, worded to follow the key; null if it is.</summary>
    /// <param name="oracle">The name.</param>
    /// <param name="models">The models it may be.</param>
    /// <param name="backends">The registered ones.</param>
    public static string? Mistake(string oracle, IEnumerable<string> models, IReadOnlyCollection<string> backends)
    {
        if (string.IsNullOrWhiteSpace(oracle))
        {
            return $"empty. Set it to the name of another model, or to {Reference}.";
        }
        if (IsReference(oracle))
        {
            return backends.Contains(Reference, StringComparer.OrdinalIgnoreCase) ? null
                : $"'{oracle}', and that backend is not registered. {MissingBackend.Hint(Reference)}";
        }
        string[] known = [.. models, Reference];
        return known.Contains(oracle, StringComparer.OrdinalIgnoreCase) ? null : $"'{oracle}', and there is no such model. "
            + (Spelling.Nearest(oracle, known) is { } nearest ? $"Did you mean '{nearest}'?" : $"Set it to {string.Join(" or ", known.Select(other => $"'{other}'"))}.");
    }
}
