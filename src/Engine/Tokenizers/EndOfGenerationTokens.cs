namespace Engine.Tokenizers;

/// <summary>
/// Finds the tokens that end a generation. Files name one or two of them at most, so llama.cpp also recognises them by their texts
/// (v0.5.0, <c>src/llama-vocab.cpp</c>). An answer that stopped elsewhere would be a difference between backends.
/// </summary>
internal static class EndOfGenerationTokens
{
    private static readonly HashSet<string> Ends =
    [
        "<|eot_id|>", "<|im_end|>", "<|end|>", "<|return|>", "<|call|>", "<|flush|>", "<|calls|>", "<end_of_turn>", "<|endoftext|>",
        "</s>", "<|eom_id|>", "<EOT>", "_<EOT>", "[EOT]", "[EOS]", "<|end_of_text|>", "<end_of_utterance>", "<eos>", "<turn|>",
        "<|tool_response>", "<｜end▁of▁sentence｜>", "[e~[",
    ];

    // Fill-in-the-middle tokens: (the keys that may name one, the texts it is known by, whether it ends a generation).
    private static readonly (string Key, string OldKey, string[] Texts, bool Ends)[] FillInTheMiddle =
    [
        ("fim_pre_token_id", "prefix_token_id", ["<|fim_prefix|>", "<fim-prefix>", "<fim_prefix>", "<｜fim▁begin｜>", "<PRE>", "▁<PRE>", "<|code_prefix|>", "<|prefix|>"], false),
        ("fim_suf_token_id", "suffix_token_id", ["<|fim_suffix|>", "<fim-suffix>", "<fim_suffix>", "<｜fim▁hole｜>", "<SUF>", "▁<SUF>", "<|code_suffix|>", "<|suffix|>"], false),
        ("fim_mid_token_id", "middle_token_id", ["<|fim_middle|>", "<fim-middle>", "<fim_middle>", "<｜fim▁end｜>", "<MID>", "▁<MID>", "<|code_middle|>", "<|middle|>"], false),
        ("fim_pad_token_id", "", ["<|fim_pad|>", "<fim-pad>", "<fim_pad>", "<PAD>", "[PAD]"], true),
        ("fim_rep_token_id", "", ["<|fim_repo|>", "<|repo_name|>", "<fim-repo>", "<REPO>", "<reponame>"], true),
        ("fim_sep_token_id", "", ["<|file_sep|>"], true),
    ];

    /// <summary>Finds them, and marks tokens that look like control tokens as such in <see cref="Vocabulary.Attributes"/>.</summary>
    /// <param name="vocabulary">The vocabulary, whose EOS has already been read.</param>
    /// <param name="specialId">Gives the id under a key of <c>tokenizer.ggml.</c>, or null.</param>
    public static HashSet<int> Find(Vocabulary vocabulary, Func<string, int?> specialId)
    {
        HashSet<int> found = [];
        foreach ((string key, string oldKey, string[] texts, bool ends) in FillInTheMiddle)
        {
            int? id = (oldKey.Length > 0 ? specialId(oldKey) : null) ?? specialId(key) ?? FindControl(vocabulary, texts);
            if (ends && id is int end)
            {
                found.Add(end);
            }
        }
        foreach (string text in Ends)
        {
            if (FindControl(vocabulary, [text]) is int id)
            {
                found.Add(id);
            }
        }
        foreach (string text in (string[])["<|channel|>", "<|message|>", "<|start|>", "<|constrain|>"])
        {
            if (vocabulary.Find(text) is >= 0 and int id)
            {
                vocabulary.Attributes[id] = TokenAttributes.UserDefined;
            }
        }
        foreach (int? id in (int?[])[vocabulary.EndOfSequence, specialId("eot_token_id"), specialId("eom_token_id")])
        {
            if (id is int end)
            {
                found.Add(end);
            }
        }
        Except(vocabulary, found);
        return found;
    }

    // Families in which one of these texts is an ordinary token.
    private static void Except(Vocabulary vocabulary, HashSet<int> found)
    {
        bool Has(string text) => vocabulary.Find(text) is >= 0 and int id && found.Contains(id);
        bool called = Has("<|call|>") || Has("<|calls|>");
        if (Has("<|end|>") && called && (Has("<|return|>") || Has("<|flush|>")))
        {
            int end = vocabulary.Find("<|end|>");
            found.Remove(end);
            vocabulary.Attributes[end] = TokenAttributes.UserDefined;
        }
        if (Has("<|tool_response>") && Has("</s>"))
        {
            int end = vocabulary.Find("</s>");
            found.Remove(end);
            vocabulary.Attributes[end] = TokenAttributes.Normal;
        }
    }

    private static int? FindControl(Vocabulary vocabulary, string[] texts)
    {
        foreach (string text in texts)
        {
            if (vocabulary.Find(text) is >= 0 and int id)
            {
                vocabulary.Attributes[id] |= TokenAttributes.Control;
                return id;
            }
        }
        return null;
    }
}
