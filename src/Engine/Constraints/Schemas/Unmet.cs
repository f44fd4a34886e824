namespace Engine.Constraints.Schemas;

/// <summary>Finds the reason why nothing meets a schema.</summary>
internal static class Unmet
{
    public static InvalidRequestException Explain(Goal goal)
    {
        HashSet<Goal> seen = [];
        string? through = null;
        while (seen.Add(goal))
        {
            (Goal? part, string? what) = PartOf(goal);
            if (part is null)
            {
                break;
            }
            (goal, through) = (part, what);
        }
        string places = string.Join(" and ", goal.Literals.Take(4).Select(literal => literal.IsMet ? literal.Node.Path : $"not {literal.Node.Path}"));
        return SchemaRefusal.At(places.Length == 0 ? "#" : places, through is null ? "nothing meets the schema" : $"nothing meets the schema, because nothing meets {through}");
    }

    /// <summary>A part that every value of the goal must have and that nothing meets.</summary>
    private static (Goal?, string?) PartOf(Goal goal)
    {
        foreach (ObjectDraft draft in goal.Objects)
        {
            foreach ((string name, Goal value, bool isRequired) in draft.Properties)
            {
                if (isRequired && !value.CanBeMet)
                {
                    return (value, $"the required property '{name}'");
                }
            }
        }
        foreach (ArrayDraft array in goal.Arrays)
        {
            for (int i = 0; i < array.Prefix.Count && i < array.Min; i++)
            {
                if (!array.Prefix[i].CanBeMet)
                {
                    return (array.Prefix[i], $"item {i}");
                }
            }
            foreach ((Goal value, _, _) in array.Others)
            {
                if (!value.CanBeMet)
                {
                    return (value, "the items");
                }
            }
        }
        return (null, null);
    }
}
