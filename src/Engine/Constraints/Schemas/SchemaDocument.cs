using System.Runtime.InteropServices;
using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>A schema and the schemas in it, with its draft's rules for references.</summary>
internal sealed class SchemaDocument
{
    private const int MaxNodes = 100_000;

    /// <summary>The base address of a document without one.</summary>
    private static readonly Uri Nowhere = new("schema://document/");

    private readonly Dictionary<string, SchemaNode> _referenced = new(StringComparer.Ordinal);
    private readonly SchemaNode?[] _typesAlone = new SchemaNode?[2 * ((int)JsonTypes.All + 1)];
    private readonly string? _draft;
    private readonly bool _hasAddresses;
    private SchemaAddresses? _addresses;
    private int _nodes;

    public SchemaDocument(JsonElement root, bool readsDescriptions, bool localTimes)
    {
        (ReadsDescriptions, HasLocalTimes) = (readsDescriptions, localTimes);
        _draft = root.ValueKind == JsonValueKind.Object && root.TryGetProperty("$schema", out JsonElement draft) && draft.ValueKind == JsonValueKind.String
            ? draft.GetString() : null;
        IdKeyword = IsOf("draft-03") || IsOf("draft-04") ? "id" : "$id";
        _hasAddresses = JsonMarshal.GetRawUtf8Value(root).IndexOf(IdKeyword == "id" ? "\"id\""u8 : "\"$id\""u8) >= 0;
        AsksForUnevaluated = JsonMarshal.GetRawUtf8Value(root).IndexOf("\"unevaluated"u8) >= 0;
        Uri address = _hasAddresses && AddressOf(root, Nowhere) is Uri own ? own : Nowhere;
        Root = new SchemaNode(_nodes++, root, null, "#") { Resource = new SchemaResource(root, "#", address) };
        _referenced["#"] = Root;
        Never = Made(Root);
        Never.Types = JsonTypes.None;
    }

    public SchemaNode Root { get; }

    /// <summary>The schema false.</summary>
    public SchemaNode Never { get; }

    public bool ReadsDescriptions { get; }

    /// <summary>Whether times have no offset.</summary>
    public bool HasLocalTimes { get; }

    public bool IsDraft3 => IsOf("draft-03");

    /// <summary>Whether keywords beside a <c>$ref</c> are ignored, as in drafts up to 7. A schema that names no draft is read like the newer ones.</summary>
    public bool RefStandsAlone => IsDraft3 || IsOf("draft-04") || IsOf("draft-06") || IsOf("draft-07");

    /// <summary>Whether the draft knows <c>if</c>, which came with draft 7. Validators of older drafts ignore it.</summary>
    public bool KnowsIf => !(IsDraft3 || IsOf("draft-04") || IsOf("draft-06"));

    /// <summary>Whether some schema has a condition on what others leave unevaluated.</summary>
    public bool AsksForUnevaluated { get; }

    /// <summary>The keyword that gives a schema an address.</summary>
    public string IdKeyword { get; }

    public static string Escape(string name) =>
        name.AsSpan().ContainsAny('~', '/') ? name.Replace("~", "~0", StringComparison.Ordinal).Replace("/", "~1", StringComparison.Ordinal) : name;

    public SchemaNode Child(SchemaNode parent, string segment, JsonElement element) => New(parent, segment, element, parent.Resource);

    public SchemaNode[] Children(SchemaNode parent, string keyword, JsonElement.ArrayEnumerator elements)
    {
        List<SchemaNode> children = [];
        foreach (JsonElement element in elements)
        {
            children.Add(Child(parent, $"{keyword}/{children.Count}", element));
        }
        return [.. children];
    }

    /// <summary>A schema node that is not part of the document: it requires a value to equal a given one.</summary>
    public SchemaNode Made(SchemaNode origin) => new(_nodes++, default, origin, "") { Resource = origin.Resource, IsRead = true };

    /// <summary>The node with its keywords read.</summary>
    public SchemaNode Read(SchemaNode node)
    {
        if (!node.IsRead)
        {
            SchemaReader.Read(node, this);
            node.IsRead = true;
        }
        return node;
    }

    /// <summary>The simplest equivalent schema: its target if it is only a reference, and one shared schema for all that only name the same types.</summary>
    public SchemaNode Simplify(SchemaNode node)
    {
        for (int steps = 0; ; steps++)
        {
            Read(node);
            if (node.IsTypeAlone)
            {
                return _typesAlone[2 * (int)node.Types + (node.IsInteger ? 1 : 0)] ??= node;
            }
            if (node is not { Types: JsonTypes.All, Enums: null, Numbers: null, HasStringKeywords: false, HasArrayKeywords: false, HasObjectKeywords: false })
            {
                return node;
            }
            SchemaNode? only = node switch
            {
                { References: [var (keyword, target)], AllOf: null, AnyOf: null, OneOf: null, Not: null, If: null } => Resolve(node, keyword, target),
                { References: null, AllOf: [SchemaNode one], AnyOf: null, OneOf: null, Not: null, If: null } => one,
                { References: null, AllOf: null, AnyOf: [SchemaNode one], OneOf: null, Not: null, If: null } => one,
                { References: null, AllOf: null, AnyOf: null, OneOf: [SchemaNode one], Not: null, If: null } => one,
                _ => null,
            };
            if (only is null)
            {
                return node;
            }
            if (steps == SchemaLimits.Deepest)
            {
                throw SchemaRefusal.At(node.Path, "a reference leads back to itself, or over more than " + SchemaLimits.Deepest + " others,");
            }
            node = only;
        }
    }

    /// <summary>The schema that a reference names.</summary>
    public SchemaNode Resolve(SchemaNode from, string keyword, string reference)
    {
        int hash = reference.IndexOf('#', StringComparison.Ordinal);
        string fragment = hash < 0 ? "" : Uri.UnescapeDataString(reference[(hash + 1)..]);
        SchemaResource resource = from.Resource;
        if (hash != 0)
        {
            resource = Uri.TryCreate(from.Resource.Address, hash < 0 ? reference : reference[..hash], out Uri? address) && Addresses.Find(address) is { } found
                ? found
                : throw SchemaRefusal.Unsupported(from, keyword, $"found the reference '{reference}' to another document");
        }
        if (fragment.Length > 0 && fragment[0] != '/')
        {
            return Addresses.FindAnchor(resource, fragment) is (JsonElement anchored, string anchoredPath, SchemaResource around)
                && (keyword != "$dynamicRef" || !Addresses.IsAmbiguous(fragment))
                ? Referenced(anchored, anchoredPath, around)
                : throw SchemaRefusal.At(from, keyword, $"expected an anchor of this document, found '{reference}'");
        }
        if (keyword == "$recursiveRef" && Addresses.HasRecursiveAnchor)
        {
            throw SchemaRefusal.Unsupported(from, keyword, "found a reference that depends on who refers");
        }
        // Some tools give parts of a draft-4 document addresses that nothing refers to. A pointer is then relative to the document's root.
        return Find(resource, fragment) ?? (resource.Path == "#" ? null : Find(Root.Resource, fragment))
            ?? throw SchemaRefusal.At(from, keyword, $"expected a reference to a schema in this document, found '{reference}', which is not there,");
    }

    /// <summary>The address that a schema gives itself.</summary>
    public Uri? AddressOf(JsonElement schema, Uri around) =>
        schema.ValueKind == JsonValueKind.Object && schema.TryGetProperty(IdKeyword, out JsonElement id) && id.ValueKind == JsonValueKind.String
            && id.GetString() is { Length: > 0 } text && text[0] != '#'
            && !(RefStandsAlone && schema.TryGetProperty("$ref", out _))
            && Uri.TryCreate(around, text.TrimEnd('#'), out Uri? address) ? address : null;

    private SchemaAddresses Addresses => _addresses ??= new SchemaAddresses(this);

    private SchemaNode? Find(SchemaResource resource, string pointer)
    {
        JsonElement element = resource.Root;
        string path = resource.Path;
        foreach (string segment in pointer.Length == 0 ? [] : pointer[1..].Split('/'))
        {
            string name = segment.Contains('~', StringComparison.Ordinal)
                ? segment.Replace("~1", "/", StringComparison.Ordinal).Replace("~0", "~", StringComparison.Ordinal) : segment;
            if (element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member))
            {
                element = member;
            }
            else if (element.ValueKind == JsonValueKind.Array && int.TryParse(name, out int index) && index >= 0 && index < element.GetArrayLength())
            {
                element = element[index];
            }
            else
            {
                return null;
            }
            path = $"{path}/{segment}";
            if (_hasAddresses && AddressOf(element, resource.Address) is Uri address)
            {
                resource = new SchemaResource(element, path, address);
            }
        }
        return Referenced(element, path, resource);
    }

    private SchemaNode Referenced(JsonElement element, string path, SchemaResource resource)
    {
        if (!_referenced.TryGetValue(path, out SchemaNode? node))
        {
            node = New(null, path, element, resource);
            _referenced[path] = node;
        }
        return node;
    }

    private SchemaNode New(SchemaNode? parent, string segment, JsonElement element, SchemaResource around)
    {
        if (_nodes == MaxNodes)
        {
            throw SchemaRefusal.TooLarge("#", $"at most {MaxNodes} schemas in one document");
        }
        var node = new SchemaNode(_nodes++, element, parent, segment) { Resource = around };
        if (_hasAddresses && element.ValueKind == JsonValueKind.Object && AddressOf(element, around.Address) is Uri address && address != around.Address)
        {
            node.Resource = new SchemaResource(element, node.Path, address);
        }
        return node;
    }

    private bool IsOf(string draft) => _draft is not null && _draft.Contains(draft, StringComparison.Ordinal);
}
