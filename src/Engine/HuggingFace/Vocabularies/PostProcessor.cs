using System.Text.Json;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>The special tokens that a post-processor puts around a text.</summary>
internal static class PostProcessor
{
    /// <summary>Reads the tokens.</summary>
    /// <param name="file">tokenizer.json.</param>
    /// <exception cref="ModelFileException">It adds more tokens than llama.cpp does.</exception>
    public static SurroundingTokens Read(JsonElement file)
    {
        var found = new SurroundingTokens(null, null);
        foreach (JsonElement step in TokenizerParts.Steps(file, "post_processor"))
        {
            found = TokenizerParts.Type(step) switch
            {
                "ByteLevel" => found, // only changes the offsets of tokens in the text
                "TemplateProcessing" => Template(step),
                "BertProcessing" or "RobertaProcessing" => new SurroundingTokens(Pair(step, "cls"), Pair(step, "sep")),
                _ => throw TokenizerParts.Refuse("post_processor", step, "TemplateProcessing, BertProcessing, RobertaProcessing or ByteLevel"),
            };
        }
        return found;
    }

    private static SurroundingTokens Template(JsonElement step)
    {
        JsonElement[] items = [.. step.GetProperty("single").EnumerateArray()];
        int text = Array.FindIndex(items, item => item.TryGetProperty("Sequence", out _));
        int[] before = Ids(items.Take(text)), after = Ids(items.Skip(text + 1));
        return text >= 0 && before.Length <= 1 && after.Length <= 1
            ? new SurroundingTokens(before.Length == 1 ? before[0] : null, after.Length == 1 ? after[0] : null)
            : throw TokenizerParts.Refuse("post_processor", step, "a text with at most one token on either side");

        int[] Ids(IEnumerable<JsonElement> part) =>
        [
            .. part.SelectMany(item => step.GetProperty("special_tokens").GetProperty(TokenizerParts.Require(item.GetProperty("SpecialToken").GetProperty("id")))
                .GetProperty("ids").EnumerateArray().Select(id => id.GetInt32())),
        ];
    }

    // ["[CLS]", 101]
    private static int Pair(JsonElement step, string name) => step.GetProperty(name)[1].GetInt32();
}
