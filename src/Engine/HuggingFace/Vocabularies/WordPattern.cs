using System.Text.Json;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>Finds llama.cpp's name for how a byte-level BPE splits words by the steps and regular expressions of tokenizer.json.</summary>
internal static class WordPattern
{
    private const string Contractions = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
    private const string Blanks = @"\s*[\r\n]+|\s+(?!\S)|\s+";
    private const string Capitals = @"[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]", Small = @"[\p{Ll}\p{Lm}\p{Lo}\p{M}]", Lead = @"[^\r\n\p{L}\p{N}]?";

    // (steps, name): a step is a regular expression with the prefix r:, or a name used only in this file.
    private static readonly (string[] Steps, string Name)[] Known =
    [
        (["gpt2"], "gpt-2"),
        ([@"r:'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"], "gpt-2"),
        (["digits:1", "gpt2"], "starcoder"),
        (["punctuation:Contiguous", "gpt2", "digits", "r:[0-9][0-9][0-9]"], "falcon"),
        ([$@"r:{Contractions}|{Lead}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Blanks}", "ignore_merges"], "llama-bpe"),
        ([$@"r:{Contractions}|{Lead}\p{{L}}+|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Blanks}"], "smaug-bpe"),
        (["NFC", $@"r:{Contractions}|{Lead}\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Blanks}"], "qwen2"),
        ([$@"r:{Contractions}|{Lead}\p{{L}}+|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n]*|{Blanks}"], "deepseek-r1-qwen"),
        ([$@"r:{Lead}{Capitals}*{Small}+|{Lead}{Capitals}+{Small}*|\p{{N}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Blanks}", "ignore_merges"], "tekken"),
        ([$@"r:{Lead}{Capitals}*{Small}+{Contractions}?|{Lead}{Capitals}+{Small}*{Contractions}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Blanks}", "ignore_merges"], "gpt-4o"),
        ([$@"r:{Lead}{Capitals}*{Small}+{Contractions}?|{Lead}{Capitals}+{Small}*{Contractions}?|\p{{N}}{{1,3}}| ?[^\s\p{{L}}\p{{N}}]+[\r\n/]*|{Blanks}"], "gpt-4o"),
        ([
            @"r:\p{N}{1,3}", "r:[一-龥぀-ゟ゠-ヿ]+",
            @"r:[!""#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|" + Blanks,
        ], "deepseek-v3"),
    ];

    /// <summary>Finds the name.</summary>
    /// <param name="file">tokenizer.json.</param>
    /// <param name="ignoresMerges">Whether a word that is a token becomes that token regardless of merges.</param>
    /// <exception cref="ModelFileException">llama.cpp has no name for these steps.</exception>
    public static string Find(JsonElement file, bool ignoresMerges)
    {
        List<string> steps = [.. TokenizerParts.Steps(file, "normalizer").Select(Normalizer), .. TokenizerParts.Steps(file, "pre_tokenizer").SelectMany(Step)];
        string? name = Known.FirstOrDefault(known => known.Steps.SequenceEqual(ignoresMerges ? [.. steps, "ignore_merges"] : steps)).Name;
        return name ?? throw TokenizerParts.Refuse("pre_tokenizer", file.GetProperty("pre_tokenizer"),
            $"steps that llama.cpp has a name for{(steps.Contains("NFC") ? " after NFC" : "")}{(ignoresMerges ? " with ignore_merges" : "")}");
    }

    /// <summary>The steps of a name: regular expressions with the prefix <c>r:</c>, and this file's names for the others.</summary>
    /// <exception cref="ModelFileException">The name is unknown.</exception>
    public static IReadOnlyList<string> Steps(string name) => Known.FirstOrDefault(known => known.Name == name).Steps
        ?? throw new ModelFileException($"Writing tokenizer.json: expected one of {string.Join(", ", Known.Select(known => known.Name).Distinct())} in '{Gguf.GgufKeys.TokenizerPre}', found '{name}'. There is no known tokenizer.json rule for how it splits words.");

    private static string Normalizer(JsonElement step) => TokenizerParts.Type(step) == "NFC" ? "NFC" : throw TokenizerParts.Refuse("normalizer", step, "NFC or none");

    private static IEnumerable<string> Step(JsonElement step)
    {
        switch (TokenizerParts.Type(step))
        {
            case "ByteLevel" when !TokenizerParts.Flag(step, "add_prefix_space", absent: true):
                return TokenizerParts.Flag(step, "use_regex", absent: true) ? ["gpt2"] : [];
            case "Digits":
                return [TokenizerParts.Flag(step, "individual_digits", absent: false) ? "digits:1" : "digits"];
            case "Punctuation":
                return [$"punctuation:{TokenizerParts.Text(step, "behavior") ?? "Isolated"}"];
            case "Split" when TokenizerParts.Pattern(step).Regex is { } regex && Isolates(step):
                // Some files have literal line ends in a pattern, others their escapes.
                return ["r:" + regex.Replace("\r", @"\r", StringComparison.Ordinal).Replace("\n", @"\n", StringComparison.Ordinal)];
            default:
                throw TokenizerParts.Refuse("pre_tokenizer", step, "ByteLevel without add_prefix_space, Digits, Punctuation or an isolating Split by a regular expression");
        }
    }

    // Every match is a word. If the pattern matches all of a text, keeping the matches and dropping the rest changes nothing.
    private static bool Isolates(JsonElement step) =>
        (TokenizerParts.Text(step, "behavior"), TokenizerParts.Flag(step, "invert", absent: false)) is ("Isolated", false) or ("Removed", true);
}
