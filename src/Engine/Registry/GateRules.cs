namespace Engine.Registry;

/// <summary>Validates the gate of a configured model.</summary>
internal static class GateRules
{
    /// <summary>The errors, each beginning with its key.</summary>
    /// <param name="name">The model's name.</param>
    /// <param name="models">All of them.</param>
    /// <param name="backends">The registered ones.</param>
    /// <param name="folders">Where files are looked for.</param>
    public static IEnumerable<string> Check(string name, IDictionary<string, ModelOptions> models, IReadOnlyCollection<string> backends, SearchFolders folders)
    {
        if (models[name].Gate is not { } gate)
        {
            yield break;
        }
        if (OracleMistake(name, gate.Oracle, models, backends) is { } mistake)
        {
            yield return $"Gate:Oracle is {mistake}";
        }
        if (gate is { Text: not null, File: not null })
        {
            yield return "Gate:Text and Gate:File are both set. Set one of them.";
        }
        if (gate.File is { } file && !File.Exists(file))
        {
            yield return $"Gate:File is '{file}', and {folders.Missing(file, "file")}";
        }
        if (!Enum.IsDefined(gate.Numerics))
        {
            yield return $"Gate:Numerics is {gate.Numerics}. Set it to {StrictSection.Words(typeof(Numerics))}.";
        }
        if (gate.Nmse is { } limit && !(limit > 0 && double.IsFinite(limit)))
        {
            yield return $"Gate:Nmse is {limit}. Set it to a number above 0, such as 0.05.";
        }
    }

    private static string? OracleMistake(string name, string oracle, IDictionary<string, ModelOptions> models, IReadOnlyCollection<string> backends)
    {
        // A model's own name is a circle, not an unknown name.
        if ((!StrictSection.Same(oracle, name) || OracleNames.IsReference(oracle)) && OracleNames.Mistake(oracle, models.Keys.Where(other => !StrictSection.Same(other, name)), backends) is { } mistake)
        {
            return mistake;
        }
        if (OracleNames.IsReference(oracle))
        {
            return null;
        }
        // Each would wait for the other.
        List<string> circle = [name];
        for (string? next = oracle; next is not null && models.TryGetValue(next, out ModelOptions? options); next = options.Gate?.Oracle)
        {
            if (circle.Contains(next, StringComparer.OrdinalIgnoreCase))
            {
                return StrictSection.Same(next, name) ? $"'{oracle}', which is judged by {(circle.Count == 1 ? "itself" : $"'{name}' in turn")}. Set it to a model that is known to be right." : null;
            }
            circle.Add(next);
        }
        return null;
    }
}
