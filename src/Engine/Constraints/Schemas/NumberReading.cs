using System.Globalization;
using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Reads schemas of numbers.</summary>
internal sealed class NumberReading(SchemaCompiler compiler) : Combination<NumberSet>(compiler)
{
    protected override JsonTypes Type => JsonTypes.Number;

    protected override NumberSet All => NumberSet.All;

    protected override NumberSet None => NumberSet.None;

    private LanguageSpace Space => Compiler.Space;

    protected override bool IsNone(NumberSet set) => set.IsNone(Space);

    protected override NumberSet And(NumberSet a, NumberSet b) => NumberSet.And(Space, a, b);

    protected override NumberSet Or(List<NumberSet> options) => NumberSet.Or(Space, options);

    protected override bool AreDisjoint(NumberSet a, NumberSet b)
    {
        Compiler.Count(a.IsRanges && b.IsRanges ? 1 : SchemaLimits.LanguageWork);
        return And(a, b).IsNone(Space);
    }

    protected override NumberSet NotOwn(SchemaNode node) => NumberSet.Not(Space, Own(node));

    protected override NumberSet Own(SchemaNode node)
    {
        NumberBounds? bounds = node.Numbers;
        if (node.IsInteger)
        {
            bounds = bounds is null ? new NumberBounds(true) : NumberSet.Meet(bounds, new NumberBounds(true));
        }
        NumberSet set = bounds is null ? NumberSet.All : NumberSet.Of(bounds);
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            List<string> texts = [];
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.Number)
                {
                    texts.Add(Canonical(node, value));
                }
            }
            set = And(set, texts.Count == 0 ? NumberSet.None : NumberSet.Of(Space.Texts(texts)));
        }
        return set;
    }

    /// <summary>The canonical text of a number.</summary>
    private static string Canonical(SchemaNode node, JsonElement value)
    {
        if (!value.TryGetDecimal(out decimal number) || (number == 0 && value.GetDouble() != 0))
        {
            throw SchemaRefusal.Unsupported(node, "enum", $"found the number {value.GetRawText()}, of more than 28 digits,");
        }
        string text = number.ToString(CultureInfo.InvariantCulture);
        text = text.Contains('.', StringComparison.Ordinal) ? text.TrimEnd('0').TrimEnd('.') : text;
        return text is "-0" ? "0" : text;
    }
}
