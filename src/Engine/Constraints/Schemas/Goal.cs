using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>A value that meets some literals: one for each set of them, so that schemas that contain themselves end.</summary>
internal sealed class Goal(IReadOnlyList<Literal> literals, JsonTypes types, bool isCanonical)
{
    public IReadOnlyList<Literal> Literals { get; } = literals;

    /// <summary>The types that may meet all.</summary>
    public JsonTypes Types { get; } = types;

    /// <summary>Whether numbers have one text each.</summary>
    public bool IsCanonical { get; } = isCanonical;

    public ValueSpec Spec { get; } = new();

    public ScalarForm? Scalars { get; set; }

    public StringForm? Strings { get; set; }

    public List<ArrayDraft> Arrays { get; } = [];

    public List<ObjectDraft> Objects { get; } = [];

    /// <summary>Whether the goal is on the way to being answered, or has been.</summary>
    public bool IsQueued { get; set; }

    public bool IsProbed { get; set; }

    public bool MayBeMet { get; set; } = true;

    /// <summary>UTF-8 bytes of the shortest JSON that is known so far.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    public bool CanBeMet => Shortest != int.MaxValue;
}

/// <summary>An <see cref="ObjectForm"/> before it is known what can be met.</summary>
internal sealed class ObjectDraft
{
    public List<(string Name, Goal Value, bool IsRequired)> Properties { get; } = [];

    public List<(Language Names, Goal Value, int Min)> Others { get; } = [];

    public int Min { get; init; }

    public int Max { get; init; }

    public int Shortest { get; set; } = int.MaxValue;
}

/// <summary>An <see cref="ArrayForm"/> before it is known what can be met.</summary>
internal sealed class ArrayDraft
{
    public required List<Goal> Prefix { get; init; }

    public List<(Goal Value, int Min, int? Max)> Others { get; } = [];

    public int Min { get; init; }

    public int Max { get; init; }

    /// <summary>The schema that asks for items that all differ.</summary>
    public SchemaNode? Unique { get; init; }

    public int Shortest { get; set; } = int.MaxValue;
}
