using System.Text.Json;

namespace Engine.HuggingFace.Vocabularies;

/// <summary>Reads a tokenizer.json. Every step of its pipeline either has a counterpart in llama.cpp or is refused.</summary>
internal static class TokenizerJson
{
    /// <summary>Regular expressions for the blanks that have no effect if a Unigram vocabulary merges them.</summary>
    public const string BlanksInARow = " {2,}", BlanksAtTheEnds = @"\A +| +\z";

    private const string Blank = "▁";

    /// <summary>Reads a tokenizer.json.</summary>
    /// <param name="file">The root.</param>
    /// <param name="notes">Receives notes for the user.</param>
    /// <exception cref="ModelFileException">It has a rule that llama.cpp lacks, or is inconsistent.</exception>
    public static VocabularyPlan Read(JsonElement file, List<string> notes)
    {
        try
        {
            JsonElement model = file.GetProperty("model");
            RequirePlain(model);
            return Kind(file, model) switch
            {
                "BPE" when TokenizerParts.Flag(model, "byte_fallback", absent: false) => SentencePiece(file, model, notes),
                "BPE" => ByteLevel(file, model, notes),
                "WordPiece" => WordPiece(file, model, notes),
                "Unigram" => Unigram(file, model, notes),
                var other => throw new ModelFileException($"Reading tokenizer.json: expected a model of the type BPE, WordPiece or Unigram, found '{other}'."),
            };
        }
        catch (Exception e) when (e is KeyNotFoundException or InvalidOperationException or FormatException or IndexOutOfRangeException or ArgumentException)
        {
            throw new ModelFileException($"Reading tokenizer.json: expected the form of Hugging Face's tokenizers, found a part that is missing or of another type: {e.Message} Download it again.", e);
        }
    }

    // Older files do not name the type.
    private static string Kind(JsonElement file, JsonElement model) => TokenizerParts.Type(model) is { Length: > 0 } type ? type
        : model.TryGetProperty("merges", out _) ? "BPE" : model.GetProperty("vocab").ValueKind == JsonValueKind.Array ? "Unigram" : "WordPiece";

    private static void RequirePlain(JsonElement model)
    {
        foreach (string name in (ReadOnlySpan<string>)["dropout", "end_of_word_suffix"])
        {
            if (model.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null && value.ToString() is not ("" or "0"))
            {
                throw TokenizerParts.Refuse($"model.{name}", value, "none");
            }
        }
    }

    private static VocabularyPlan ByteLevel(JsonElement file, JsonElement model, List<string> notes)
    {
        RequirePrefix(model, "");
        bool ignoresMerges = TokenizerParts.Flag(model, "ignore_merges", absent: false);
        return new VocabularyPlan("gpt2", AddedTokens.Read(Vocabulary(model), file, notes))
        {
            Pre = WordPattern.Find(file, ignoresMerges),
            Merges = [.. Merges(model).Select(merge => $"{merge.Left} {merge.Right}")],
            Around = PostProcessor.Read(file),
        };
    }

    private static VocabularyPlan SentencePiece(JsonElement file, JsonElement model, List<string> notes)
    {
        RequirePrefix(model, "");
        bool prefix = SpacePrefix(file);
        VocabularyTokens tokens = AddedTokens.Read(Vocabulary(model), file, notes);
        var scores = new float[tokens.Texts.Length];
        int rank = 0;
        foreach ((string left, string right) in Merges(model))
        {
            rank++;
            int id = tokens.Find(left + right) ?? throw new ModelFileException($"Reading tokenizer.json: expected a token for the merge of '{left}' and '{right}', found none.");
            scores[id] = scores[id] == 0 ? -rank : scores[id]; // the first of all ways to make a token counts
        }
        int unknown = Unknown(model, tokens);
        for (int id = 0; id < tokens.Texts.Length; id++)
        {
            tokens.Kinds[id] = id == unknown ? VocabularyTokens.Unknown : tokens.Texts[id] is ['<', '0', 'x', _, _, '>'] ? VocabularyTokens.Byte : tokens.Kinds[id];
        }
        return new VocabularyPlan("llama", tokens.Respelled((text, kind) => kind == VocabularyTokens.UserDefined ? text.Replace(Blank, " ", StringComparison.Ordinal) : text))
        {
            Pre = "default",
            Scores = scores,
            AddsSpacePrefix = prefix,
            Unknown = unknown,
            Around = PostProcessor.Read(file),
        };
    }

    // Blanks before and in a text are replaced by the normalizer or by a Metaspace; Gemma also splits at blanks, of which none are left by then.
    private static bool SpacePrefix(JsonElement file)
    {
        bool? prefix = null;
        bool escapes = false;
        foreach (JsonElement step in TokenizerParts.Steps(file, "normalizer"))
        {
            switch (TokenizerParts.Type(step))
            {
                case "Prepend" when TokenizerParts.Text(step, "prepend") == Blank: prefix = true; break;
                case "Replace" when TokenizerParts.Pattern(step).String == " " && TokenizerParts.Text(step, "content") == Blank: escapes = true; break;
                default: throw TokenizerParts.Refuse("normalizer", step, "Prepend and Replace of blanks by '▁'");
            }
        }
        foreach (JsonElement step in TokenizerParts.Steps(file, "pre_tokenizer"))
        {
            switch (TokenizerParts.Type(step))
            {
                case "Split" when escapes && TokenizerParts.Pattern(step).String == " ": break;
                case "Metaspace" when !escapes && prefix is null && !TokenizerParts.Flag(step, "split", absent: true): (prefix, escapes) = (Prepends(step), true); break;
                default: throw TokenizerParts.Refuse("pre_tokenizer", step, "none, or a Metaspace that does not split");
            }
        }
        return escapes ? prefix ?? false : throw TokenizerParts.Refuse("normalizer", file.GetProperty("model").GetProperty("type"), "blanks written as '▁'");
    }

    private static bool Prepends(JsonElement metaspace)
    {
        if (TokenizerParts.Text(metaspace, "replacement") is not Blank)
        {
            throw TokenizerParts.Refuse("pre_tokenizer", metaspace, "blanks written as '▁'");
        }
        return TokenizerParts.Text(metaspace, "prepend_scheme") is { } scheme ? scheme != "never" : TokenizerParts.Flag(metaspace, "add_prefix_space", absent: true);
    }

    private static VocabularyPlan WordPiece(JsonElement file, JsonElement model, List<string> notes)
    {
        RequirePrefix(model, "##");
        const int Longest = 100;
        if (model.TryGetProperty("max_input_chars_per_word", out JsonElement most) && most.GetInt32() != Longest)
        {
            throw TokenizerParts.Refuse("model.max_input_chars_per_word", most, $"{Longest}");
        }
        if (TokenizerParts.Steps(file, "normalizer") is not [{ } normalizer] || TokenizerParts.Type(normalizer) != "BertNormalizer"
            || !TokenizerParts.Flag(normalizer, "clean_text", absent: true) || !TokenizerParts.Flag(normalizer, "handle_chinese_chars", absent: true))
        {
            throw TokenizerParts.Refuse("normalizer", file.GetProperty("normalizer"), "a BertNormalizer that cleans text and separates Chinese characters");
        }
        if (TokenizerParts.Steps(file, "pre_tokenizer") is not [{ } cut] || TokenizerParts.Type(cut) != "BertPreTokenizer")
        {
            throw TokenizerParts.Refuse("pre_tokenizer", file.GetProperty("pre_tokenizer"), "a BertPreTokenizer");
        }
        bool lowercases = TokenizerParts.Flag(normalizer, "lowercase", absent: true);
        VocabularyTokens tokens = AddedTokens.Read(Vocabulary(model), file, notes);
        int unknown = Unknown(model, tokens);
        tokens.Kinds[unknown] = VocabularyTokens.Unknown;
        return new VocabularyPlan("bert", tokens.Respelled((text, kind) =>
            kind != VocabularyTokens.Normal ? text : text.StartsWith("##", StringComparison.Ordinal) ? text[2..] : Blank + text))
        {
            Lowercases = lowercases,
            StripsAccents = TokenizerParts.Flag(normalizer, "strip_accents", absent: lowercases),
            Unknown = unknown,
            Around = PostProcessor.Read(file),
        };
    }

    private static VocabularyPlan Unigram(JsonElement file, JsonElement model, List<string> notes)
    {
        if (TokenizerParts.Flag(model, "byte_fallback", absent: false))
        {
            throw TokenizerParts.Refuse("model.byte_fallback", model.GetProperty("byte_fallback"), "false: llama.cpp's Unigram has no bytes");
        }
        (string Text, float Score)[] pieces = [.. model.GetProperty("vocab").EnumerateArray().Select(piece => (TokenizerParts.Require(piece[0]), piece[1].GetSingle()))];
        (byte[] map, bool merges) = UnigramNormalization(file);
        bool prefix = false, splits = false;
        foreach (JsonElement step in TokenizerParts.Steps(file, "pre_tokenizer"))
        {
            switch (TokenizerParts.Type(step))
            {
                case "WhitespaceSplit": splits = true; break;
                case "Metaspace": prefix = Prepends(step); break;
                default: throw TokenizerParts.Refuse("pre_tokenizer", step, "WhitespaceSplit or Metaspace");
            }
        }
        VocabularyTokens tokens = AddedTokens.Read(pieces.Select((piece, id) => (piece.Text, id)), file, notes);
        int unknown = model.GetProperty("unk_id").GetInt32();
        tokens.Kinds[unknown] = VocabularyTokens.Unknown;
        return new VocabularyPlan("t5", tokens)
        {
            Pre = "default",
            Scores = [.. pieces.Select(piece => piece.Score), .. Enumerable.Repeat(0f, tokens.Texts.Length - pieces.Length)],
            CharacterMap = map,
            AddsSpacePrefix = prefix,
            RemovesExtraWhitespace = merges || splits,
            Unknown = unknown,
            Around = PostProcessor.Read(file),
        };
    }

    // SentencePiece's own character map, and the rule that merges consecutive blanks.
    private static (byte[] Map, bool Merges) UnigramNormalization(JsonElement file)
    {
        (byte[] map, bool merges) = ([], false);
        foreach (JsonElement step in TokenizerParts.Steps(file, "normalizer"))
        {
            switch (TokenizerParts.Type(step))
            {
                case "Precompiled" when TokenizerParts.Text(step, "precompiled_charsmap") is { } text: map = Convert.FromBase64String(text); break;
                case "Replace" when TokenizerParts.Pattern(step).Regex == BlanksAtTheEnds && TokenizerParts.Text(step, "content") == "": merges = true; break;
                case "Replace" when TokenizerParts.Pattern(step).Regex == BlanksInARow && TokenizerParts.Text(step, "content") is " " or Blank: merges = true; break;
                case "Strip": break; // strips blanks at the ends, which have no effect if they are merged
                default: throw TokenizerParts.Refuse("normalizer", step, "Precompiled, Strip, or a Replace of blanks in a row");
            }
        }
        return (map, merges);
    }

    private static int Unknown(JsonElement model, VocabularyTokens tokens)
    {
        string text = TokenizerParts.Text(model, "unk_token") ?? throw new ModelFileException("Reading tokenizer.json: expected 'model.unk_token', found none.");
        return tokens.Find(text) ?? throw new ModelFileException($"Reading tokenizer.json: expected the token '{text}' of 'model.unk_token' in the vocabulary, found none.");
    }

    private static void RequirePrefix(JsonElement model, string expected)
    {
        string found = TokenizerParts.Text(model, "continuing_subword_prefix") ?? (expected.Length > 0 ? expected : "");
        if (found != expected)
        {
            throw TokenizerParts.Refuse("model.continuing_subword_prefix", model.GetProperty("continuing_subword_prefix"), $"'{expected}'");
        }
    }

    private static IEnumerable<(string Text, int Id)> Vocabulary(JsonElement model) =>
        model.GetProperty("vocab").EnumerateObject().Select(token => (token.Name, token.Value.GetInt32()));

    private static IEnumerable<(string Left, string Right)> Merges(JsonElement model)
    {
        foreach (JsonElement merge in model.GetProperty("merges").EnumerateArray())
        {
            if (merge.ValueKind == JsonValueKind.Array)
            {
                yield return (TokenizerParts.Require(merge[0]), TokenizerParts.Require(merge[1]));
                continue;
            }
            string text = TokenizerParts.Require(merge);
            int blank = text.IndexOf(' ', Math.Min(1, text.Length));
            yield return blank > 0 ? (text[..blank], text[(blank + 1)..]) : throw new FormatException($"a merge without a blank, '{text}'.");
        }
    }
}
