using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>What a JSON value may be: one of some alternatives. May contain itself, through properties and items.</summary>
internal sealed class ValueSpec
{
    /// <summary>At least one, unless nothing meets the schema; each can be met.</summary>
    public IReadOnlyList<ValueForm> Forms { get; set; } = [];

    /// <summary>UTF-8 bytes of the shortest JSON, without any whitespace; <see cref="int.MaxValue"/> where nothing meets the schema.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    /// <summary>Arrays and objects that the flattest value opens, one in the other; 0 for none.</summary>
    public int Levels { get; set; } = int.MaxValue;
}

/// <summary>Values of one JSON type.</summary>
internal abstract class ValueForm
{
    /// <summary>UTF-8 bytes of the shortest JSON of this form, without any whitespace.</summary>
    public int Shortest { get; set; } = int.MaxValue;

    /// <summary>Arrays and objects that the flattest value opens, one in the other, its own included.</summary>
    public int Levels { get; set; } = int.MaxValue;
}

/// <summary>null, a Boolean or a number: raw text.</summary>
internal sealed class ScalarForm(Language text) : ValueForm
{
    /// <summary>The texts, each of them the only one for its value where <see cref="ArrayForm.IsUnique"/> tells values apart by text.</summary>
    public Language Text { get; } = text;
}

/// <summary>A string.</summary>
internal sealed class StringForm(Language content) : ValueForm
{
    /// <summary>What stands between the quotes, unescaped.</summary>
    public Language Content { get; } = content;
}

/// <summary>An array: first the items with a place of their own, then any others.</summary>
internal sealed class ArrayForm : ValueForm
{
    /// <summary>The items with a place of their own, in order.</summary>
    public required IReadOnlyList<ValueSpec> Prefix { get; init; }

    /// <summary>What the other items may be: each is of one of these kinds. Empty if there are no others.</summary>
    public required IReadOnlyList<ItemKind> Others { get; init; }

    /// <summary>Items at least, the prefix's included.</summary>
    public int Min { get; init; }

    /// <summary>The maximum number of items, the prefix's included; null for any number.</summary>
    public int? Max { get; init; }

    /// <summary>Whether no two items may be equal: then all items are strings or scalars.</summary>
    public bool IsUnique { get; init; }
}

/// <summary>Some of an array's items.</summary>
/// <param name="Value">What they are.</param>
/// <param name="Min">How many there are at least.</param>
/// <param name="Max">At most; null for any number.</param>
internal sealed record ItemKind(ValueSpec Value, int Min = 0, int? Max = null);

/// <summary>An object: first the properties that the schema names, in its order, then any others.</summary>
internal sealed class ObjectForm : ValueForm
{
    /// <summary>The properties with a name, in the order they are written in; names that must not occur are not among them.</summary>
    public required IReadOnlyList<NamedProperty> Properties { get; init; }

    /// <summary>The other properties: each is of one of these kinds. Empty if there are no others.</summary>
    public required IReadOnlyList<PropertyKind> Others { get; init; }

    /// <summary>Properties at least.</summary>
    public int Min { get; init; }

    /// <summary>The maximum number of properties; null for any number.</summary>
    public int? Max { get; init; }
}

/// <summary>A property with a name.</summary>
internal sealed record NamedProperty(string Name, ValueSpec Value, bool IsRequired);

/// <summary>Some of an object's properties that have no name in the schema.</summary>
/// <param name="Names">Their names, without those of <see cref="ObjectForm.Properties"/> and those that must not occur; kinds of one object have no name in common.</param>
/// <param name="Value">What they are.</param>
/// <param name="Min">How many there are at least.</param>
internal sealed record PropertyKind(Language Names, ValueSpec Value, int Min = 0);
