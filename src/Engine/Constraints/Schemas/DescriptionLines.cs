using System.Text.Json;

namespace Engine.Constraints.Schemas;

/// <summary>Keywords that stand as lines in a description, as Microsoft.Extensions.AI.OpenAI writes them.</summary>
internal static class DescriptionLines
{
    public static IEnumerable<(string Keyword, JsonElement Value)> Read(string description) => [];
}
