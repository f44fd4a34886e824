using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>Reads schemas of null, true and false, as the bits 1, 2 and 4.</summary>
internal sealed class LiteralReading(SchemaCompiler compiler) : Combination<int>(compiler)
{
    public const int Null = 1, True = 2, False = 4;

    protected override JsonTypes Type => JsonTypes.Null | JsonTypes.Boolean;

    protected override int All => Null | True | False;

    protected override int None => 0;

    protected override bool IsNone(int set) => set == 0;

    protected override int And(int a, int b) => a & b;

    protected override int Or(List<int> options)
    {
        int all = 0;
        foreach (int option in options)
        {
            all |= option;
        }
        return all;
    }

    protected override bool AreDisjoint(int a, int b) => (a & b) == 0;

    protected override int NotOwn(SchemaNode node) => All & ~Own(node);

    protected override int Own(SchemaNode node)
    {
        int set = ((node.Types & JsonTypes.Null) != 0 ? Null : 0) | ((node.Types & JsonTypes.Boolean) != 0 ? True | False : 0);
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            int some = 0;
            foreach (JsonElement value in values)
            {
                some |= value.ValueKind switch { JsonValueKind.Null => Null, JsonValueKind.True => True, JsonValueKind.False => False, _ => 0 };
            }
            set &= some;
        }
        return set;
    }
}
