using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>A value that meets some literals. There is one goal for each set of literals, so that schemas that contain themselves come to an end.</summary>
internal sealed class Goal(IReadOnlyList<Literal> literals, JsonTypes types, bool isCanonical)
{
    public IReadOnlyList<Literal> Literals { get; } = literals;

    /// <summary>The types that may meet all literals.</summary>
    public JsonTypes Types { get; } = types;

    /// <summary>Whether each number has exactly one text.</summary>
    public bool IsCanonical { get; } = isCanonical;

    public ValueSpec Spec { get; } = new();

    public ScalarForm? Scalars { get; set; }

    public StringForm? Strings { get; set; }

    public List<ArrayDraft> Arrays { get; } = [];

    public List<ObjectDraft> Objects { get; } = [];

    /// <summary>Whether the goal waits to be answered, or has been.</summary>
    public bool IsQueued { get; set; }

    public bool IsProbed { get; set; }

    public bool MayBeMet { get; set; } = true;

    /// <summary>UTF-8 bytes of the shortest JSON known so far.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    public bool CanBeMet => Shortest != int.MaxValue;
}

/// <summary>An <see cref="ObjectForm"/> before it is known which of its goals can be met.</summary>
internal sealed class ObjectDraft
{
    public List<(string Name, Goal Value, bool IsRequired)> Properties { get; } = [];

    public List<(Language Names, Goal Value, int Min)> Others { get; } = [];

    public int Min { get; init; }

    public int Max { get; init; }

    public int Shortest { get; set; } = int.MaxValue;
}

/// <summary>An <see cref="ArrayForm"/> before it is known which of its goals can be met.</summary>
internal sealed class ArrayDraft
{
    public required List<Goal> Prefix { get; init; }

    public List<(Goal Value, int Min, int? Max)> Others { get; } = [];

    public int Min { get; init; }

    public int Max { get; init; }

    /// <summary>The schema that requires all items to differ.</summary>
    public SchemaNode? Unique { get; init; }

    public int Shortest { get; set; } = int.MaxValue;
}
