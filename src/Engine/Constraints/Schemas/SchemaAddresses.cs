using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>The schemas of a document that have an address or an anchor.</summary>
internal sealed class SchemaAddresses
{
    private readonly Dictionary<Uri, SchemaResource> _resources = [];
    private readonly Dictionary<(SchemaResource, string), (JsonElement, string, SchemaResource)> _anchors = [];
    private readonly HashSet<string> _dynamic = new(StringComparer.Ordinal);
    private readonly HashSet<string> _ambiguous = new(StringComparer.Ordinal);

    public SchemaAddresses(SchemaDocument document)
    {
        Stack<(JsonElement Element, string Path, SchemaResource Around, bool IsSchema)> open = new();
        SchemaResource root = document.Root.Resource;
        _resources[root.Address] = root;
        open.Push((root.Root, root.Path, root, true));
        while (open.TryPop(out (JsonElement Element, string Path, SchemaResource Around, bool IsSchema) at))
        {
            if (at.Element.ValueKind == JsonValueKind.Array)
            {
                int i = 0;
                foreach (JsonElement item in at.Element.EnumerateArray())
                {
                    open.Push((item, $"{at.Path}/{i++}", at.Around, true));
                }
            }
            if (at.Element.ValueKind != JsonValueKind.Object)
            {
                continue;
            }
            SchemaResource resource = at.IsSchema ? Enter(document, at.Element, at.Path, at.Around) : at.Around;
            foreach (JsonProperty property in at.Element.EnumerateObject())
            {
                bool isMap = at.IsSchema && property.Name is "properties" or "patternProperties" or "definitions" or "$defs" or "dependencies" or "dependentSchemas";
                if (!at.IsSchema || isMap || property.Name is "items" or "prefixItems" or "additionalItems" or "contains" or "unevaluatedItems"
                    or "additionalProperties" or "propertyNames" or "unevaluatedProperties" or "allOf" or "anyOf" or "oneOf" or "not" or "if" or "then" or "else")
                {
                    open.Push((property.Value, $"{at.Path}/{SchemaDocument.Escape(property.Name)}", resource, !isMap));
                }
            }
        }
    }

    public bool HasRecursiveAnchor { get; private set; }

    public SchemaResource? Find(Uri address) => _resources.GetValueOrDefault(address);

    public (JsonElement, string, SchemaResource)? FindAnchor(SchemaResource resource, string anchor) =>
        _resources.TryGetValue(resource.Address, out SchemaResource? known) && _anchors.TryGetValue((known, anchor), out (JsonElement, string, SchemaResource) found) ? found : null;

    /// <summary>Whether several schemas have this dynamic anchor, so that which of them is meant depends on where the reference is.</summary>
    public bool IsAmbiguous(string anchor) => _ambiguous.Contains(anchor);

    private SchemaResource Enter(SchemaDocument document, JsonElement schema, string path, SchemaResource around)
    {
        SchemaResource resource = around;
        if (path != "#" && document.AddressOf(schema, around.Address) is Uri address)
        {
            resource = new SchemaResource(schema, path, address);
            _resources.TryAdd(address, resource);
        }
        if (schema.TryGetProperty(document.IdKeyword, out JsonElement id) && id.ValueKind == JsonValueKind.String && id.GetString() is ['#', .. { Length: > 0 } named])
        {
            _anchors.TryAdd((resource, named), (schema, path, resource));
        }
        foreach (string keyword in (ReadOnlySpan<string>)["$anchor", "$dynamicAnchor"])
        {
            if (schema.TryGetProperty(keyword, out JsonElement anchor) && anchor.ValueKind == JsonValueKind.String)
            {
                _anchors.TryAdd((resource, anchor.GetString()!), (schema, path, resource));
                if (keyword == "$dynamicAnchor" && !_dynamic.Add(anchor.GetString()!))
                {
                    _ambiguous.Add(anchor.GetString()!);
                }
            }
        }
        HasRecursiveAnchor |= schema.TryGetProperty("$recursiveAnchor", out JsonElement recursive) && recursive.ValueKind == JsonValueKind.True;
        return resource;
    }
}
