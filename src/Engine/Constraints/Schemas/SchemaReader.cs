using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Reads the keywords of one schema. Annotations and unknown keywords are ignored.</summary>
internal static class SchemaReader
{
    /// <summary>More than any answer contains. A schema that requires more characters, items or properties is refused.</summary>
    public const int MaxAsked = 20_000;

    public static void Read(SchemaNode node, SchemaDocument document)
    {
        switch (node.Element.ValueKind)
        {
            case JsonValueKind.True:
                return;
            case JsonValueKind.False:
                node.Types = JsonTypes.None;
                return;
            case not JsonValueKind.Object:
                throw SchemaRefusal.At(node.Path, $"expected a schema (an object or a Boolean), found {Name(node.Element)}");
        }
        if (document.RefStandsAlone && node.Element.TryGetProperty("$ref", out JsonElement alone) && alone.ValueKind == JsonValueKind.String)
        {
            node.References = [("$ref", alone.GetString()!)];
            return;
        }
        foreach (JsonProperty property in node.Element.EnumerateObject())
        {
            Keyword(node, document, property.Name, property.Value);
        }
        if (document.ReadsDescriptions && node.Element.TryGetProperty("description", out JsonElement description) && description.ValueKind == JsonValueKind.String)
        {
            foreach ((string keyword, JsonElement value) in DescriptionLines.Read(description.GetString()!))
            {
                if (keyword == "pattern")
                {
                    node.DescribedPattern = value.GetString();
                    continue;
                }
                Keyword(node, document, keyword, value);
            }
        }
    }

    private static void Keyword(SchemaNode node, SchemaDocument document, string keyword, JsonElement value)
    {
        switch (keyword)
        {
            case "type":
                ReadTypes(node, value);
                break;
            case "enum":
                (node.Enums ??= []).Add([.. Elements(node, keyword, value)]);
                break;
            case "const":
                (node.Enums ??= []).Add([value]);
                break;
            case "minimum":
                Narrow(node, new NumberBounds(false, Min: Bound(node, keyword, value), ExcludesMin: ExcludesBound(node, "exclusiveMinimum")));
                break;
            case "maximum":
                Narrow(node, new NumberBounds(false, Max: Bound(node, keyword, value), ExcludesMax: ExcludesBound(node, "exclusiveMaximum")));
                break;
            case "exclusiveMinimum" when !IsBoolean(value):
                Narrow(node, new NumberBounds(false, Min: Bound(node, keyword, value), ExcludesMin: true));
                break;
            case "exclusiveMaximum" when !IsBoolean(value):
                Narrow(node, new NumberBounds(false, Max: Bound(node, keyword, value), ExcludesMax: true));
                break;
            case "multipleOf":
                Narrow(node, new NumberBounds(false, MultiplesOf: [Step(node, keyword, value)]));
                break;
            case "minLength":
                node.MinLength = Math.Max(node.MinLength, Least(node, keyword, value));
                break;
            case "maxLength":
                node.MaxLength = Most(node, keyword, value, node.MaxLength);
                break;
            case "pattern":
                (node.Patterns ??= []).Add(Text(node, keyword, value));
                break;
            case "format":
                (node.Formats ??= []).Add(Text(node, keyword, value));
                break;
            case "contentEncoding" when value.ValueKind == JsonValueKind.String && value.ValueEquals("base64"):
                node.IsBase64 = true;
                break;
            case "prefixItems":
                node.Prefix = document.Children(node, keyword, Elements(node, keyword, value));
                break;
            case "items" when value.ValueKind == JsonValueKind.Array:
                node.Prefix = document.Children(node, keyword, Elements(node, keyword, value));
                if (node.Element.TryGetProperty("additionalItems", out JsonElement additional))
                {
                    node.Items = document.Child(node, "additionalItems", additional);
                }
                break;
            case "items":
                node.Items = document.Child(node, keyword, value);
                break;
            case "contains":
                node.Contains = document.Child(node, keyword, value);
                break;
            case "minContains":
                node.MinContains = Least(node, keyword, value);
                break;
            case "maxContains":
                node.MaxContains = Most(node, keyword, value, null);
                break;
            case "minItems":
                node.MinItems = Math.Max(node.MinItems, Least(node, keyword, value));
                break;
            case "maxItems":
                node.MaxItems = Most(node, keyword, value, node.MaxItems);
                break;
            case "uniqueItems":
                node.IsUnique |= Boolean(node, keyword, value);
                break;
            case "unevaluatedItems":
                node.UnevaluatedItems = document.Child(node, keyword, value);
                break;
            case "properties":
                node.Properties = Named(node, document, keyword, value);
                break;
            case "patternProperties":
                node.PatternProperties = Named(node, document, keyword, value);
                break;
            case "additionalProperties":
                node.AdditionalProperties = document.Child(node, keyword, value);
                break;
            case "propertyNames":
                node.PropertyNames = document.Child(node, keyword, value);
                break;
            // In draft 3 it was a Boolean inside a property, which validators of later drafts ignore.
            case "required" when !IsBoolean(value):
                node.Required = Texts(node, keyword, value);
                break;
            case "minProperties":
                node.MinProperties = Least(node, keyword, value);
                break;
            case "maxProperties":
                node.MaxProperties = Most(node, keyword, value, null);
                break;
            case "dependentRequired":
            case "dependentSchemas":
            case "dependencies":
                ReadDependencies(node, document, keyword, value);
                break;
            case "unevaluatedProperties":
                node.UnevaluatedProperties = document.Child(node, keyword, value);
                break;
            case "$ref":
            case "$dynamicRef":
            case "$recursiveRef":
                (node.References ??= []).Add((keyword, Text(node, keyword, value)));
                break;
            case "allOf":
                node.AllOf = document.Children(node, keyword, Elements(node, keyword, value));
                break;
            case "anyOf":
                node.AnyOf = document.Children(node, keyword, Elements(node, keyword, value));
                break;
            case "oneOf":
                node.OneOf = document.Children(node, keyword, Elements(node, keyword, value));
                break;
            case "not":
                (node.Not ??= []).Add(document.Child(node, keyword, value));
                break;
            case "if" when document.KnowsIf:
                node.If = document.Child(node, keyword, value);
                break;
            case "then":
                node.Then = document.Child(node, keyword, value);
                break;
            case "else":
                node.Else = document.Child(node, keyword, value);
                break;
            case "extends" or "disallow" or "divisibleBy" when document.IsDraft3:
                throw SchemaRefusal.Unsupported(node, keyword, "found a keyword of draft 3");
        }
    }

    private static void ReadTypes(SchemaNode node, JsonElement value)
    {
        (JsonTypes types, bool integer, bool number) = (JsonTypes.None, false, false);
        foreach (string name in value.ValueKind == JsonValueKind.String ? [value.GetString()!] : Texts(node, "type", value))
        {
            types |= name switch
            {
                "null" => JsonTypes.Null,
                "boolean" => JsonTypes.Boolean,
                "integer" or "number" => JsonTypes.Number,
                "string" => JsonTypes.String,
                "array" => JsonTypes.Array,
                "object" => JsonTypes.Object,
                "any" => JsonTypes.All,
                _ => throw SchemaRefusal.At(node, "type", $"expected null, boolean, integer, number, string, array or object, found '{name}'"),
            };
            integer |= name == "integer";
            number |= name is "number" or "any";
        }
        node.Types = types;
        node.IsInteger = integer && !number;
    }

    private static void ReadDependencies(SchemaNode node, SchemaDocument document, string keyword, JsonElement value)
    {
        foreach (JsonProperty property in Members(node, keyword, value))
        {
            if (property.Value.ValueKind is JsonValueKind.Object or JsonValueKind.True or JsonValueKind.False && keyword != "dependentRequired")
            {
                (node.DependentSchemas ??= []).Add((property.Name, document.Child(node, $"{keyword}/{SchemaDocument.Escape(property.Name)}", property.Value)));
            }
            else if (keyword != "dependentSchemas")
            {
                string[] required = property.Value.ValueKind == JsonValueKind.String ? [property.Value.GetString()!] : Texts(node, $"{keyword}/{property.Name}", property.Value);
                (node.DependentRequired ??= []).Add((property.Name, required));
            }
            else
            {
                throw SchemaRefusal.At(node, $"{keyword}/{property.Name}", $"expected a schema, found {Name(property.Value)}");
            }
        }
    }

    private static List<(string, SchemaNode)> Named(SchemaNode node, SchemaDocument document, string keyword, JsonElement value)
    {
        List<(string, SchemaNode)> named = [];
        foreach (JsonProperty property in Members(node, keyword, value))
        {
            named.Add((property.Name, document.Child(node, $"{keyword}/{SchemaDocument.Escape(property.Name)}", property.Value)));
        }
        return named;
    }

    private static void Narrow(SchemaNode node, NumberBounds bounds) =>
        node.Numbers = node.Numbers is null ? bounds : NumberSet.Meet(node.Numbers, bounds);

    private static bool ExcludesBound(SchemaNode node, string keyword) =>
        node.Element.TryGetProperty(keyword, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    /// <summary>A bound as an exact decimal; null if no double is beyond it. A bound outside the range of decimals becomes the nearest decimal.</summary>
    private static decimal? Bound(SchemaNode node, string keyword, JsonElement value)
    {
        if (value.ValueKind != JsonValueKind.Number)
        {
            throw SchemaRefusal.At(node, keyword, $"expected a number, found {Name(value)}");
        }
        if (value.TryGetDecimal(out decimal bound))
        {
            return bound;
        }
        bool isNegative = value.GetRawText().StartsWith('-');
        bool isUpper = keyword is "maximum" or "exclusiveMaximum";
        return isNegative == isUpper ? throw SchemaRefusal.Unsupported(node, keyword, "found a bound of more than 28 digits")
            : Math.Abs(value.GetDouble()) >= 1e308 ? null
            : isNegative ? decimal.MinValue : decimal.MaxValue;
    }

    private static decimal Step(SchemaNode node, string keyword, JsonElement value) =>
        value.ValueKind != JsonValueKind.Number || !value.TryGetDecimal(out decimal step) || step <= 0
            ? throw SchemaRefusal.At(node, keyword, $"expected a number above 0 of at most 28 digits, found {Name(value)}")
            : step;

    private static int Least(SchemaNode node, string keyword, JsonElement value)
    {
        decimal count = Count(node, keyword, value);
        return count <= MaxAsked ? (int)count : throw SchemaRefusal.TooLarge($"{node.Path}/{keyword}", $"{MaxAsked} at most");
    }

    private static int? Most(SchemaNode node, string keyword, JsonElement value, int? before)
    {
        int most = (int)Math.Min(Count(node, keyword, value), int.MaxValue);
        return Math.Min(most, before ?? int.MaxValue);
    }

    private static decimal Count(SchemaNode node, string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDecimal(out decimal count) && count >= 0 && decimal.IsInteger(count) ? count
        : throw SchemaRefusal.At(node, keyword, $"expected a whole number that is not negative, found {Name(value)}");

    private static bool IsBoolean(JsonElement value) => value.ValueKind is JsonValueKind.True or JsonValueKind.False;

    private static bool Boolean(SchemaNode node, string keyword, JsonElement value) =>
        IsBoolean(value) ? value.GetBoolean() : throw SchemaRefusal.At(node, keyword, $"expected true or false, found {Name(value)}");

    private static string Text(SchemaNode node, string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.String ? value.GetString()! : throw SchemaRefusal.At(node, keyword, $"expected a string, found {Name(value)}");

    private static string[] Texts(SchemaNode node, string keyword, JsonElement value)
    {
        List<string> texts = [];
        foreach (JsonElement text in Elements(node, keyword, value))
        {
            texts.Add(Text(node, keyword, text));
        }
        return [.. texts];
    }

    private static JsonElement.ArrayEnumerator Elements(SchemaNode node, string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.Array ? value.EnumerateArray() : throw SchemaRefusal.At(node, keyword, $"expected an array, found {Name(value)}");

    private static JsonElement.ObjectEnumerator Members(SchemaNode node, string keyword, JsonElement value) =>
        value.ValueKind == JsonValueKind.Object ? value.EnumerateObject() : throw SchemaRefusal.At(node, keyword, $"expected an object, found {Name(value)}");

    /// <summary>A value as shown in messages: its text if that is short.</summary>
    private static string Name(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "an array",
        JsonValueKind.String when value.GetString()!.Length > 40 => "a string",
        _ => value.GetRawText(),
    };
}
