using System.Text.Json;
using Engine.Constraints.Languages;

namespace Engine.Constraints.Schemas;

/// <summary>Reads schemas of strings as languages of the text between the quotes.</summary>
internal sealed class StringReading(SchemaCompiler compiler) : Combination<Language>(compiler)
{
    private const string Base64 = "^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$";

    protected override JsonTypes Type => JsonTypes.String;

    protected override Language All => Space.Anything;

    protected override Language None => Space.Nothing;

    private LanguageSpace Space => Compiler.Space;

    protected override bool IsNone(Language set) => ReferenceEquals(set, Space.Nothing) || (!ReferenceEquals(set, Space.Anything) && Compiler.IsNothing(set));

    protected override Language And(Language a, Language b) => Space.Both(a, b);

    protected override Language Or(List<Language> options) => Space.Either([.. options]);

    protected override bool AreDisjoint(Language a, Language b)
    {
        if (ReferenceEquals(a, Space.Anything) || ReferenceEquals(b, Space.Anything))
        {
            return IsNone(a) || IsNone(b);
        }
        Compiler.Count(SchemaLimits.LanguageWork);
        return Compiler.IsNothing(Space.Both(a, b));
    }

    private Language? Described(string pattern)
    {
        try
        {
            return EcmaRegex.Search(Space, pattern);
        }
        catch (InvalidRequestException)
        {
            // Prose, or a pattern that only .NET understands. A description requires nothing.
            return null;
        }
    }

    protected override Language NotOwn(SchemaNode node) => Space.Not(Own(node));

    protected override Language Own(SchemaNode node)
    {
        Language set = Space.Anything;
        if (node.MinLength > 0 || node.MaxLength is not null)
        {
            set = node.MaxLength < node.MinLength ? Space.Nothing : Space.Repeat(Compiler.AnyCharacter, node.MinLength, node.MaxLength);
        }
        foreach (string pattern in node.Patterns ?? [])
        {
            set = Space.Both(set, Compiler.Pattern(node, "pattern", pattern));
        }
        if (node.DescribedPattern is string described && Described(described) is Language found)
        {
            set = Space.Both(set, found);
        }
        foreach (string format in node.Formats ?? [])
        {
            if (TextFormats.Find(Space, format, Compiler.Document.HasLocalTimes) is Language texts)
            {
                set = Space.Both(set, texts);
            }
            else if (format is "regex" or "uri-template" or "iri" or "iri-reference" or "idn-email" or "idn-hostname")
            {
                throw SchemaRefusal.Unsupported(node, "format", $"found the format '{format}'");
            }
            // A format outside the standard requires nothing, as in validators.
        }
        if (node.IsBase64)
        {
            set = Space.Both(set, Compiler.Pattern(node, "contentEncoding", Base64));
        }
        foreach (JsonElement[] values in node.Enums ?? [])
        {
            List<string> texts = [];
            foreach (JsonElement value in values)
            {
                if (value.ValueKind == JsonValueKind.String && value.GetString() is string text && (ReferenceEquals(set, Space.Anything) || Space.Contains(set, text)))
                {
                    texts.Add(text);
                }
            }
            set = Space.Texts(texts);
        }
        return set;
    }
}
