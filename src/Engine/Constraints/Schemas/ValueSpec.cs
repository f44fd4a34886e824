using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>What a JSON value may be: one of several alternatives. It may contain itself, through properties and items.</summary>
internal sealed class ValueSpec
{
    /// <summary>The alternatives: at least one, unless nothing meets the schema. Each can be met.</summary>
    public IReadOnlyList<ValueForm> Forms { get; set; } = [];

    /// <summary>UTF-8 bytes of the shortest JSON, without any whitespace; <see cref="int.MaxValue"/> if nothing meets the schema.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    /// <summary>How many levels of arrays and objects the flattest value has; 0 for none.</summary>
    public int Levels { get; set; } = int.MaxValue;
}

/// <summary>Values of one JSON type.</summary>
internal abstract class ValueForm
{
    /// <summary>UTF-8 bytes of the shortest JSON of this form, without any whitespace.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    /// <summary>How many levels of arrays and objects the flattest value has, including its own.</summary>
    public int Levels { get; set; } = int.MaxValue;
}

/// <summary>null, a Boolean or a number, as raw text.</summary>
internal sealed class ScalarForm(Language text) : ValueForm
{
    /// <summary>The texts. If <see cref="ArrayForm.IsUnique"/> tells values apart by their text, each value has only one.</summary>
    public Language Text { get; } = text;
}

/// <summary>A string.</summary>
internal sealed class StringForm(Language content) : ValueForm
{
    /// <summary>The text between the quotes, unescaped.</summary>
    public Language Content { get; } = content;
}

/// <summary>An array: first the items with their own positions, then any others.</summary>
internal sealed class ArrayForm : ValueForm
{
    /// <summary>The items with their own positions, in order.</summary>
    public required IReadOnlyList<ValueSpec> Prefix { get; init; }

    /// <summary>The kinds of the other items, each of which is of one of them. Empty if there are no others.</summary>
    public required IReadOnlyList<ItemKind> Others { get; init; }

    /// <summary>The minimum number of items, including the prefix's.</summary>
    public int Min { get; init; }

    /// <summary>The maximum number of items, including the prefix's; null for any number.</summary>
    public int? Max { get; init; }

    /// <summary>Whether no two items may be equal. If so, all items are strings or scalars.</summary>
    public bool IsUnique { get; init; }
}

/// <summary>Some of an array's items.</summary>
/// <param name="Value">What they are.</param>
/// <param name="Min">The minimum number.</param>
/// <param name="Max">The maximum number; null for any.</param>
internal sealed record ItemKind(ValueSpec Value, int Min = 0, int? Max = null);

/// <summary>An object: first the properties that the schema names, in its order, then any others.</summary>
internal sealed class ObjectForm : ValueForm
{
    /// <summary>The named properties, in the order in which they are written. Names that must not occur are not among them.</summary>
    public required IReadOnlyList<NamedProperty> Properties { get; init; }

    /// <summary>The kinds of the other properties, each of which is of one of them. Empty if there are no others.</summary>
    public required IReadOnlyList<PropertyKind> Others { get; init; }

    /// <summary>The minimum number of properties.</summary>
    public int Min { get; init; }

    /// <summary>The maximum number of properties; null for any number.</summary>
    public int? Max { get; init; }
}

/// <summary>A named property.</summary>
internal sealed record NamedProperty(string Name, ValueSpec Value, bool IsRequired);

/// <summary>Some of an object's properties that have no name in the schema.</summary>
/// <param name="Names">Their names, without those of <see cref="ObjectForm.Properties"/> and those that must not occur. The kinds of one object have no names in common.</param>
/// <param name="Value">What they are.</param>
/// <param name="Min">How many there are at least.</param>
internal sealed record PropertyKind(Language Names, ValueSpec Value, int Min = 0);
