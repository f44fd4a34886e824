using Engine;
using ReferenceModels.Ops;

namespace ReferenceModels.Training.Data;

/// <summary>
/// Pairs for next-sentence prediction (Devlin et al. 2018, https://arxiv.org/abs/1810.04805, section 3.1): [CLS] A [SEP] B [SEP], where half of
/// the time B is the sentence after A and otherwise the second sentence of another pair, drawn at each visit.
/// </summary>
/// <remarks>A sentence is a line of a text; any two neighbouring lines of a document are a pair, and so are the two texts of a
/// record that has two. If a pair is too long, the longer sentence is truncated, token by token.</remarks>
internal sealed class SentencePairs : IExamples
{
    private const int Special = 3;   // [CLS] and two [SEP]

    private readonly List<(int[] First, int[] Second)> _pairs = [];
    private readonly ExampleBuilder _builder;
    private readonly int[] _around;

    public SentencePairs(IReadOnlyList<Record> records, ExampleBuilder builder)
    {
        _builder = builder;
        _around = [.. builder.Tokenizer.Encode("")];   // [CLS] [SEP]
        foreach (Record record in records)
        {
            (int Line, int[] Tokens)[] sentences = [.. Sentences(record).Select(one => (one.Line, (int[])[.. builder.Tokenizer.Encode(one.Text, addSpecial: false)]))];
            foreach (((int line, int[] first), (_, int[] second)) in sentences.Zip(sentences.Skip(1)))
            {
                _pairs.Add((first, second));
                if (first.Length + second.Length + Special > builder.Context)
                {
                    builder.NoteShortened(line);
                }
            }
        }
        if (_pairs.Count < 2)
        {
            throw new InvalidRequestException($"Reading the data '{builder.Path}': expected at least two pairs of sentences, one sentence per line, found {_pairs.Count}. Give documents of several lines.");
        }
        if (_around.Length != 2)
        {
            throw new UnsupportedRequestException("Making pairs of sentences: expected a vocabulary that puts one token before a text and one after it, like BERT's. Choose another objective or model.");
        }
    }

    // With the line of the file where each begins: the whole text of a JSON line is in that line.
    private IEnumerable<(int Line, string Text)> Sentences(Record record)
    {
        if (record.Turns.Count > 0)
        {
            throw _builder.Refuse(record, "a text or a pair", "a conversation");
        }
        bool isOneLine = RecordFile.IsJsonLines(_builder.Path);
        return record.Second is { } second ? [(record.Line, record.Text), (record.Line, second)]
            : record.Text.Split('\n').Select((line, i) => (isOneLine ? record.Line : record.Line + i, line.Trim())).Where(one => one.Item2.Length > 0);
    }

    /// <inheritdoc/>
    public int Count => _pairs.Count;

    /// <inheritdoc/>
    public Example Visit(int index, ulong seed)
    {
        bool follows = Dropout.Coin(seed, 0) < 0.5;
        // Any pair but this one.
        int other = (index + 1 + (int)(Dropout.Coin(seed, 1) * (Count - 1))) % Count;
        (int[] first, int[] second) = (_pairs[index].First, _pairs[follows ? index : other].Second);
        (int a, int b) = (first.Length, second.Length);
        while (a + b + Special > _builder.Context && a + b > 0)
        {
            _ = a > b ? a-- : b--;
        }
        return new Example
        {
            Tokens = [_around[0], .. first[..a], _around[1], .. second[..b], _around[1]],
            Segments = [.. Enumerable.Repeat(0, a + 2), .. Enumerable.Repeat(1, b + 1)],
            NextSentence = follows ? 0 : 1,
        };
    }
}
