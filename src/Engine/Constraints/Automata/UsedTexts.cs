using Engine.Constraints.Languages;

namespace Engine.Constraints.Automata;

/// <summary>Names or items that must not come again, as <see cref="JsonScalar"/> writes them. Sets that grew by the same texts in the same order are one object.</summary>
internal sealed class UsedTexts
{
    private readonly Dictionary<string, UsedTexts> _more = new(StringComparer.Ordinal);
    private readonly Dictionary<(Language, bool), Language> _without = [];
    private readonly UsedTexts? _before;
    private readonly string? _text;
    private UsedTexts? _pending;

    private UsedTexts(UsedTexts before, string? text) => (_before, _text, Count, IsPending) = (before, text, before.Count + 1, before.IsPending || text is null);

    /// <summary>The empty set.</summary>
    public UsedTexts()
    {
    }

    public int Count { get; }

    /// <summary>Whether the text of one of them is not known, which happens only while tokens are being tried.</summary>
    public bool IsPending { get; }

    /// <summary>The set with one more text; null stands for a text that is not known.</summary>
    public UsedTexts With(string? text)
    {
        if (text is null)
        {
            return _pending ??= new UsedTexts(this, null);
        }
        if (!_more.TryGetValue(text, out UsedTexts? more))
        {
            _more.Add(text, more = new UsedTexts(this, text));
        }
        return more;
    }

    /// <summary>A language without the texts of this set.</summary>
    /// <param name="language">A language of strings or of other scalars.</param>
    /// <param name="areStrings">Whether it is a language of strings.</param>
    /// <param name="space">Makes the new language.</param>
    public Language Without(Language language, bool areStrings, LanguageSpace space)
    {
        if (Count == 0)
        {
            return language;
        }
        if (!_without.TryGetValue((language, areStrings), out Language? rest))
        {
            var texts = new List<string>();
            for (UsedTexts? each = this; each is not null; each = each._before)
            {
                if (each._text is { } text && text.StartsWith('"') == areStrings)
                {
                    texts.Add(areStrings ? text[1..] : text);
                }
            }
            rest = texts.Count == 0 ? language : space.Both(language, space.Not(space.Texts(texts)));
            _without.Add((language, areStrings), rest);
        }
        return rest;
    }
}
