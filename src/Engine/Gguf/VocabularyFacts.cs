namespace Engine.Gguf;

/// <summary>What a vocabulary must not be.</summary>
internal static class VocabularyFacts
{
    public static void Check(GgufFile file)
    {
        if (file.Metadata.GetStrings(GgufKeys.Tokens) is { } tokens)
        {
            CheckUnique(file, tokens);
        }
    }

    private static void CheckUnique(GgufFile file, GgufStrings tokens)
    {
        var seen = new Dictionary<string, int>(tokens.Count, StringComparer.Ordinal);
        for (int i = 0; i < tokens.Count; i++)
        {
            // Latin-1 keeps apart what is not UTF-8
            string token = System.Text.Encoding.Latin1.GetString(tokens.Bytes(i));
            if (token.Length != 0 && !seen.TryAdd(token, i))
            {
                throw file.Metadata.Refuse(GgufKeys.Tokens, "each token once", $"'{tokens[i]}' as {seen[token]} and as {i}");
            }
        }
    }
}
