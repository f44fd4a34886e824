using System.Globalization;

namespace Engine.BuiltIn;

/// <summary>
/// The default model's SentencePiece vocabulary: control tokens, all bytes, printable characters, some words and what
/// leads to them. Byte-pair merging joins two neighbours at a time, so a word needs each of its beginnings as a token.
/// </summary>
internal sealed class DefaultVocabulary
{
    private const char Space = '▁';
    private const int Normal = 1;
    private const int Unknown = 2;
    private const int Control = 3;
    private const int Byte = 6;

    private static readonly (WordClass Class, string Words)[] Words =
    [
        (WordClass.Opening, "The A One Every This My Our Its"),
        (WordClass.Article, "the a one every this my our its"),
        (WordClass.Adjective, "old small red quiet bright cold warm little tall green soft deep"),
        (WordClass.Noun, "river cat lamp house moon bird child stone tree boat song door hill dog garden road time day night king"),
        (WordClass.Verb, "sings waits sleeps runs falls looks walks turns shines stands goes hides"),
        (WordClass.Adverb, "slowly softly again away alone now here"),
        (WordClass.Preposition, "under over near behind upon with into by from above"),
        (WordClass.Conjunction, "and but while so when then"),
        (WordClass.None, "Once"),
    ];

    private readonly List<string> _tokens = [];
    private readonly List<int> _types = [];
    private readonly List<WordClass> _classes = [];

    public DefaultVocabulary()
    {
        Add("<unk>", Unknown, WordClass.None);
        Add("<s>", Control, WordClass.Start);
        Add("</s>", Control, WordClass.End);
        for (int value = 0; value < 256; value++)
        {
            Add(string.Create(CultureInfo.InvariantCulture, $"<0x{value:X2}>"), Byte, WordClass.None);
        }
        AddWords();
        for (char character = '!'; character <= '~'; character++)
        {
            Add(character.ToString(), Normal, character switch { '.' or '!' or '?' => WordClass.Stop, ',' or ';' or ':' => WordClass.Comma, _ => WordClass.None });
        }
    }

    /// <summary>The tokens' texts; a token's id is its index.</summary>
    public IReadOnlyList<string> Tokens => _tokens;

    /// <summary>The tokens' kinds, numbered as GGUF does.</summary>
    public IReadOnlyList<int> Types => _types;

    /// <summary>The part each token plays in a sentence.</summary>
    public IReadOnlyList<WordClass> Classes => _classes;

    /// <summary>Merging prefers the larger score: here the token of the smaller id.</summary>
    public float[] Scores => [.. Enumerable.Range(0, _tokens.Count).Select(id => _types[id] == Normal ? -(float)id : 0f)];

    private void AddWords()
    {
        Dictionary<string, WordClass> classes = Words
            .SelectMany(group => group.Words.Split(' ').Select(word => (Text: Space + word, group.Class)))
            .ToDictionary(word => word.Text, word => word.Class);
        Add(Space.ToString(), Normal, WordClass.None);
        IEnumerable<string> beginnings = classes.Keys.SelectMany(text => Enumerable.Range(2, text.Length - 1).Select(length => text[..length])).Distinct();
        foreach (string text in beginnings.OrderBy(text => text.Length).ThenBy(text => text, StringComparer.Ordinal))
        {
            Add(text, Normal, classes.GetValueOrDefault(text));
        }
    }

    private void Add(string token, int type, WordClass wordClass)
    {
        _tokens.Add(token);
        _types.Add(type);
        _classes.Add(wordClass);
    }
}
