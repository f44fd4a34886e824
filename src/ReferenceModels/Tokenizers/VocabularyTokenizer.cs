using System.Buffers;
using System.Text;
using Engine;

namespace ReferenceModels.Tokenizers;

/// <summary>What every kind of tokenizer does alike: special ids, and tokens back to text. Splitting text is the subclass's.</summary>
internal abstract class VocabularyTokenizer : ITokenizer
{
    private readonly byte[] _bytes;     // the bytes of all tokens, one after the other
    private readonly int[] _ends;       // (V), where each token's bytes end

    /// <summary>Spells every token once, so that a generation allocates nothing for it.</summary>
    protected VocabularyTokenizer(Vocabulary vocabulary, Func<Vocabulary, int, byte[]> spell)
    {
        Vocabulary = vocabulary;
        var bytes = new ArrayBufferWriter<byte>();
        _ends = new int[vocabulary.Texts.Length];
        for (int token = 0; token < _ends.Length; token++)
        {
            bytes.Write(spell(vocabulary, token));
            _ends[token] = bytes.WrittenCount;
        }
        _bytes = bytes.WrittenSpan.ToArray();
    }

    /// <inheritdoc/>
    public int VocabularySize => Vocabulary.Texts.Length;

    /// <inheritdoc/>
    public int? BeginningOfSequence => Vocabulary.BeginningOfSequence;

    /// <inheritdoc/>
    public int? EndOfSequence => Vocabulary.EndOfSequence;

    /// <summary>Texts, scores, kinds.</summary>
    protected Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public bool IsEndOfGeneration(int token) => Vocabulary.EndOfGeneration.Contains(token);

    /// <inheritdoc/>
    public abstract IReadOnlyList<int> Encode(string text, bool addSpecial = true, bool parseSpecial = false);

    /// <inheritdoc/>
    public ReadOnlyMemory<byte> GetBytes(int token)
    {
        Require(token);
        int start = token == 0 ? 0 : _ends[token - 1];
        return _bytes.AsMemory(start, _ends[token] - start);
    }

    /// <inheritdoc/>
    public string GetPiece(int token)
    {
        Require(token);
        return Vocabulary.Texts[token];
    }

    /// <inheritdoc/>
    public string Decode(IEnumerable<int> tokens)
    {
        var bytes = new ArrayBufferWriter<byte>();
        foreach (int token in tokens)
        {
            bytes.Write(GetBytes(token).Span);
        }
        return Encoding.UTF8.GetString(bytes.WrittenSpan);
    }

    /// <summary>The text with U+FFFD for each surrogate that has no partner.</summary>
    protected static string WellFormed(string text) =>
        text.AsSpan().IndexOfAnyInRange('\uD800', '\uDFFF') < 0 ? text : Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text));

    private void Require(int token)
    {
        if (token < 0 || token >= VocabularySize)
        {
            throw new TokenOutOfRangeException(token, VocabularySize);
        }
    }
}
