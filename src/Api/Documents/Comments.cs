using System.Reflection;
using System.Text.Json.Serialization.Metadata;
using System.Xml.Linq;

namespace Engine.Api.Documents;

/// <summary>The documentation of the requests' and responses' members, from the XML file that the compiler writes beside the assembly.</summary>
internal static class Comments
{
    private static readonly Lazy<Dictionary<string, string>> Members = new(Read);

    /// <summary>The summary of a property; null if there is none.</summary>
    public static string? Of(JsonPropertyInfo property) => property.AttributeProvider is MemberInfo { DeclaringType: { } type } member
        && Members.Value.TryGetValue($"{type.FullName?.Replace('+', '.')}.{member.Name}", out string? sentence) ? sentence : null;

    private static Dictionary<string, string> Read()
    {
        var members = new Dictionary<string, string>();
        string file = Path.ChangeExtension(typeof(Comments).Assembly.Location, ".xml");
        if (!File.Exists(file))
        {
            return members; // a single-file program has no XML file: the document lacks the descriptions
        }
        foreach (XElement member in XDocument.Load(file).Descendants("member"))
        {
            string name = (string?)member.Attribute("name") ?? "";
            if (name.StartsWith("P:", StringComparison.Ordinal) && member.Element("summary") is { } summary)
            {
                members[name[2..]] = Text(summary);
            }
            // The parameters of a record are its properties.
            foreach (XElement parameter in name.StartsWith("T:", StringComparison.Ordinal) ? member.Elements("param") : [])
            {
                members[$"{name[2..]}.{(string?)parameter.Attribute("name")}"] = Text(parameter);
            }
        }
        return members;
    }

    // <c>x</c> and <see cref="P:A.B.X"/> become x and X.
    private static string Text(XElement element) => string.Join(' ', string.Concat(element.Nodes().Select(node => node switch
    {
        XElement { Name.LocalName: "see" } see => ((string?)see.Attribute("cref") ?? "").Split('.')[^1],
        XElement inner => inner.Value,
        _ => node.ToString(),
    })).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Replace("&lt;", "<", StringComparison.Ordinal).Replace("&gt;", ">", StringComparison.Ordinal);
}
