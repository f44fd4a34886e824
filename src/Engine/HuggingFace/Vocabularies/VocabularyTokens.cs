namespace Engine.HuggingFace.Vocabularies;

/// <summary>The texts and kinds of tokens by id. Kinds have llama.h's numbers.</summary>
internal sealed class VocabularyTokens
{
    /// <summary>The values of llama.h's <c>llama_token_type</c>.</summary>
    public const int Normal = 1, Unknown = 2, Control = 3, UserDefined = 4, Unused = 5, Byte = 6;

    private readonly Dictionary<string, int> _ids = new(StringComparer.Ordinal);

    /// <param name="texts">The texts by id; null if an id has no token.</param>
    /// <param name="kinds">The kinds by id, as many.</param>
    /// <exception cref="ModelFileException">A text occurs twice.</exception>
    public VocabularyTokens(IReadOnlyList<string?> texts, IReadOnlyList<int> kinds)
    {
        Texts = [.. texts.Select((text, id) => text ?? $"[PAD{id}]")];
        Kinds = [.. kinds.Select((kind, id) => texts[id] is null ? Unused : kind)];
        for (int id = 0; id < Texts.Length; id++)
        {
            if (!_ids.TryAdd(Texts[id], id))
            {
                throw new ModelFileException($"Importing the vocabulary: expected each token once, found '{Texts[id]}' as {_ids[Texts[id]]} and {id}. Correct the tokenizer's files.");
            }
        }
    }

    /// <summary>The texts by id, as Hugging Face spells them.</summary>
    public string[] Texts { get; }

    /// <summary>The kinds by id.</summary>
    public int[] Kinds { get; }

    /// <summary>The id of a text; null if there is none.</summary>
    public int? Find(string text) => _ids.TryGetValue(text, out int id) ? id : null;

    /// <summary>The tokens, respelled as in llama.cpp's vocabularies.</summary>
    public VocabularyTokens Respelled(Func<string, int, string> spell) => new([.. Texts.Select((text, id) => spell(text, Kinds[id]))], Kinds);

    /// <summary>The tokens padded with unused ones at the end to the number of the embedding's rows.</summary>
    /// <param name="rows">The number of rows; 0 for no padding.</param>
    /// <exception cref="ModelFileException">There are fewer rows than tokens.</exception>
    public (string[] Texts, int[] Kinds) Padded(int rows)
    {
        if (rows > 0 && rows < Texts.Length)
        {
            throw new ModelFileException($"Importing the vocabulary: expected at most {rows} tokens, as many as the embedding has rows, found {Texts.Length} (the last is '{Texts[^1]}'). The tokenizer belongs to another model; if tokens were added to it, resize the embedding (transformers: resize_token_embeddings).");
        }
        int[] padding = [.. Enumerable.Range(Texts.Length, Math.Max(0, rows - Texts.Length))];
        return ([.. Texts, .. padding.Select(id => $"[PAD{id}]")], [.. Kinds, .. padding.Select(_ => Unused)]);
    }
}
