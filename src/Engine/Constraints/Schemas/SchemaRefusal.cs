namespace Engine.Constraints.Schemas;

/// <summary>The messages that refuse a schema. They say what was found, with keyword and JSON pointer, and what to do.</summary>
internal static class SchemaRefusal
{
    public static InvalidRequestException At(SchemaNode node, string keyword, string found) => At($"{node.Path}/{keyword}", found);

    public static InvalidRequestException At(string path, string found) => new($"Reading a JSON schema: {Short(found)} at {Short(path)}. Correct the schema.");

    public static InvalidRequestException Unsupported(SchemaNode node, string keyword, string found) =>
        new($"Reading a JSON schema: {Short(found)} at {Short(keyword.Length == 0 ? node.Path : $"{node.Path}/{keyword}")}, which is not supported. Leave it out, or say it in another way.");

    /// <summary>A text without its middle if it is long, to keep messages readable.</summary>
    private static string Short(string text) => text.Length <= 300 ? text : $"{text[..150]}…{text[^140..]}";

    public static InvalidRequestException TooLarge(string path, string what) =>
        new($"Reading a JSON schema: expected {what}, found more at {Short(path)}. Make the schema simpler.");

    /// <summary>A language's refusal, with the path of the keyword that required it.</summary>
    public static InvalidRequestException Of(string path, InvalidRequestException cause) => new($"Reading a JSON schema at {Short(path)}: {cause.Message}");
}
