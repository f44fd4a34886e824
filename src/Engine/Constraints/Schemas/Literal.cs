namespace Engine.Constraints.Schemas;

/// <summary>The condition that a value meets a schema, or violates it.</summary>
internal readonly record struct Literal(SchemaNode Node, bool IsMet)
{
    public int Key => 2 * Node.Id + (IsMet ? 0 : 1);
}

/// <summary>The conditions on one value: literals that must all hold.</summary>
internal sealed class LiteralList(SchemaDocument document)
{
    private readonly List<Literal> _all = [];

    public IReadOnlyList<Literal> All => _all;

    /// <summary>The types that may meet all literals.</summary>
    public JsonTypes Types { get; private set; } = JsonTypes.All;

    /// <summary>Whether no value can meet them, because no type is left or a schema is both required and forbidden.</summary>
    public bool IsNever => Types == JsonTypes.None;

    public void Add(SchemaNode schema, bool isMet = true)
    {
        SchemaNode node = document.Simplify(schema);
        for (int steps = 0; steps < SchemaLimits.Deepest && node is
        {
            Not: [SchemaNode inner], HasStringKeywords: false, HasArrayKeywords: false, HasObjectKeywords: false,
            Types: JsonTypes.All, Enums: null, Numbers: null, References: null, AllOf: null, AnyOf: null, OneOf: null, If: null
        }; steps++)
        {
            (node, isMet) = (document.Simplify(inner), !isMet);
        }
        if (isMet)
        {
            Types &= node.Types;
        }
        if (node.IsTypeAlone && !node.IsInteger)
        {
            if (!isMet)
            {
                Types &= ~node.Types;
            }
            if (node.Types is JsonTypes.All or JsonTypes.None)
            {
                return;
            }
        }
        foreach (Literal literal in _all)
        {
            if (literal.Node == node)
            {
                Types = literal.IsMet == isMet ? Types : JsonTypes.None;
                return;
            }
        }
        _all.Add(new Literal(node, isMet));
    }

    public void Add(Literal literal) => Add(literal.Node, literal.IsMet);

    public void AddAll(IReadOnlyList<Literal> literals)
    {
        foreach (Literal literal in literals)
        {
            Add(literal);
        }
    }

    /// <summary>The literals as a key, independent of their order.</summary>
    public int[] Key(bool canonical)
    {
        var key = new int[_all.Count + 1];
        for (int i = 0; i < _all.Count; i++)
        {
            key[i] = _all[i].Key;
        }
        key[^1] = canonical ? -1 : -2;
        Array.Sort(key);
        return key;
    }
}
