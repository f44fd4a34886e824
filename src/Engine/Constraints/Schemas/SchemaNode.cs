using System.Globalization;
using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>One schema of a document: its keywords, once <see cref="SchemaDocument.Read(SchemaNode)"/> has read them.</summary>
/// <param name="id">Identifies the node within its document.</param>
/// <param name="element">Its JSON; undefined if the node was made for a value of an <c>enum</c>.</param>
/// <param name="parent">The schema around it.</param>
/// <param name="segment">The JSON pointer to it, relative to the parent if it has one.</param>
internal sealed class SchemaNode(int id, JsonElement element, SchemaNode? parent, string segment)
{
    private Dictionary<string, SchemaNode>? _byName;
    private HashSet<string>? _constants;

    public int Id { get; } = id;

    public JsonElement Element { get; } = element;

    public bool IsRead { get; set; }

    /// <summary>The JSON pointer of this schema in its document, as a fragment.</summary>
    public string Path => parent is null ? segment : $"{parent.Path}/{segment}";

    /// <summary>The resource that this schema's references are relative to.</summary>
    public required SchemaResource Resource { get; set; }

    public JsonTypes Types { get; set; } = JsonTypes.All;

    /// <summary>Whether numbers must be integers.</summary>
    public bool IsInteger { get; set; }

    /// <summary>Sets of values; a value must equal one of each. There are several sets if the schema has both <c>enum</c> and <c>const</c>.</summary>
    public List<JsonElement[]>? Enums { get; set; }

    public NumberBounds? Numbers { get; set; }

    public int MinLength { get; set; }

    public int? MaxLength { get; set; }

    public List<string>? Patterns { get; set; }

    /// <summary>A pattern from a line of the description. If it is not a regular expression, the line is prose.</summary>
    public string? DescribedPattern { get; set; }

    public List<string>? Formats { get; set; }

    public bool IsBase64 { get; set; }

    /// <summary>The items with their own positions.</summary>
    public SchemaNode[]? Prefix { get; set; }

    /// <summary>The other items; null if they may be anything.</summary>
    public SchemaNode? Items { get; set; }

    public SchemaNode? Contains { get; set; }

    public int MinContains { get; set; } = 1;

    public int? MaxContains { get; set; }

    public int MinItems { get; set; }

    public int? MaxItems { get; set; }

    public bool IsUnique { get; set; }

    public SchemaNode? UnevaluatedItems { get; set; }

    /// <summary>Properties by name, in the schema's order.</summary>
    public List<(string Name, SchemaNode Value)>? Properties { get; set; }

    public List<(string Pattern, SchemaNode Value)>? PatternProperties { get; set; }

    /// <summary>Properties that match neither a name nor a pattern; null if they may be anything.</summary>
    public SchemaNode? AdditionalProperties { get; set; }

    public SchemaNode? PropertyNames { get; set; }

    public string[]? Required { get; set; }

    public int MinProperties { get; set; }

    public int? MaxProperties { get; set; }

    public List<(string Name, string[] Required)>? DependentRequired { get; set; }

    public List<(string Name, SchemaNode Schema)>? DependentSchemas { get; set; }

    public SchemaNode? UnevaluatedProperties { get; set; }

    /// <summary>References, by keyword.</summary>
    public List<(string Keyword, string Target)>? References { get; set; }

    public SchemaNode[]? AllOf { get; set; }

    public SchemaNode[]? AnyOf { get; set; }

    public SchemaNode[]? OneOf { get; set; }

    /// <summary>Schemas none of which may hold.</summary>
    public List<SchemaNode>? Not { get; set; }

    public SchemaNode? If { get; set; }

    public SchemaNode? Then { get; set; }

    public SchemaNode? Else { get; set; }

    /// <summary>The text of each value, if the schema has a single <c>enum</c> of scalars; otherwise null.</summary>
    public HashSet<string>? Constants => _constants ??= Enums is [JsonElement[] values] ? ConstantsOf(values) : null;

    /// <summary>Whether the schema does nothing but list values.</summary>
    public bool IsEnumAlone =>
        Types == JsonTypes.All && !IsInteger && Numbers is null && !HasStringKeywords && !HasArrayKeywords && !HasObjectKeywords && !HasApplicators;

    /// <summary>Whether some keyword applies another schema to the value itself.</summary>
    public bool HasApplicators =>
        References is not null || AllOf is not null || AnyOf is not null || OneOf is not null || Not is not null || If is not null;

    /// <summary>Whether some keyword concerns objects.</summary>
    public bool HasObjectKeywords =>
        Properties is not null || PatternProperties is not null || AdditionalProperties is not null || PropertyNames is not null || Required is not null
        || MinProperties > 0 || MaxProperties is not null || DependentRequired is not null || DependentSchemas is not null || UnevaluatedProperties is not null;

    /// <summary>Whether some keyword concerns arrays.</summary>
    public bool HasArrayKeywords =>
        Prefix is not null || Items is not null || Contains is not null || MinItems > 0 || MaxItems is not null || IsUnique || UnevaluatedItems is not null;

    /// <summary>Whether some keyword concerns strings.</summary>
    public bool HasStringKeywords => MinLength > 0 || MaxLength is not null || Patterns is not null || DescribedPattern is not null || Formats is not null || IsBase64;

    /// <summary>Whether the schema does nothing but name types.</summary>
    public bool IsTypeAlone =>
        Enums is null && Numbers is null && !HasStringKeywords && !HasArrayKeywords && !HasObjectKeywords && !HasApplicators;

    private static HashSet<string>? ConstantsOf(JsonElement[] values)
    {
        HashSet<string> texts = new(values.Length, StringComparer.Ordinal);
        foreach (JsonElement value in values)
        {
            string? text = value.ValueKind switch
            {
                JsonValueKind.Object or JsonValueKind.Array => null,
                JsonValueKind.String => $"\"{value.GetString()}",
                JsonValueKind.Number => value.TryGetDecimal(out decimal number) ? (number / 1.0000000000000000000000000000m).ToString(CultureInfo.InvariantCulture) : null,
                _ => value.GetRawText(),
            };
            if (text is null)
            {
                return null;
            }
            texts.Add(text);
        }
        return texts;
    }

    /// <summary>The schema of a named property; null if the name is not listed.</summary>
    public SchemaNode? PropertyOf(string name)
    {
        if (Properties is null)
        {
            return null;
        }
        if (Properties.Count > 8)
        {
            if (_byName is null)
            {
                _byName = new(Properties.Count, StringComparer.Ordinal);
                foreach ((string key, SchemaNode value) in Properties)
                {
                    _byName[key] = value;
                }
            }
            return _byName.GetValueOrDefault(name);
        }
        foreach ((string key, SchemaNode value) in Properties)
        {
            if (key == name)
            {
                return value;
            }
        }
        return null;
    }
}
