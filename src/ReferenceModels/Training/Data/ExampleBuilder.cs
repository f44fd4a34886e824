using Engine;
using Engine.Chat;

namespace ReferenceModels.Training.Data;

/// <summary>Turns records into tokens, as the model will get them in use.</summary>
/// <param name="tokenizer">The model's tokenizer.</param>
/// <param name="context">The maximum number of tokens of an example.</param>
/// <param name="path">The data file, for messages.</param>
public sealed class ExampleBuilder(ITokenizer tokenizer, int context, string path)
{
    private readonly List<int> _shortened = [];

    /// <summary>The model's tokenizer.</summary>
    public ITokenizer Tokenizer { get; } = tokenizer;

    /// <summary>The maximum number of tokens of an example.</summary>
    public int Context { get; } = context;

    /// <summary>The data file, for messages.</summary>
    public string Path { get; } = path;

    /// <summary>The token that an encoder–decoder's target begins with.</summary>
    public int DecoderStart { get; init; }

    /// <summary>The classes, in the order of the classifier's outputs.</summary>
    public IReadOnlyList<string> Labels { get; init; } = [];

    /// <summary>Renders conversations; null if the data has none.</summary>
    public ChatTemplate? Template { get; init; }

    /// <summary>For each example that was longer than the context and was truncated, the line where it begins.</summary>
    public IReadOnlyList<int> Shortened => _shortened;

    /// <summary>A document's tokens: with those that the model's file puts around a text, and an end of sequence after it if the
    /// vocabulary has one, so that a model learns to stop.</summary>
    /// <exception cref="InvalidRequestException">The record is not a text.</exception>
    public IReadOnlyList<int> Document(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        RequireText(record);
        return WithEnd(Tokenizer.Encode(record.Text));
    }

    /// <summary>A text in stretches that fit the context, each with the tokens that the model's file puts around a text.</summary>
    /// <exception cref="InvalidRequestException">The record is not a text.</exception>
    public IEnumerable<Example> Windows(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        RequireText(record);
        IReadOnlyList<int> around = Tokenizer.Encode("");
        (int[] before, int[] after) = around.Count > 1 ? ([around[0]], [.. around.Skip(1)]) : ((int[])[.. around], (int[])[]);
        return Tokenizer.Encode(record.Text, addSpecial: false).Chunk(Math.Max(1, Context - around.Count))
            .Select(stretch => new Example { Tokens = [.. before, .. stretch, .. after] });
    }

    /// <summary>A text or a pair with its class; the next tokens are also targets, for the joint loss.</summary>
    /// <exception cref="InvalidRequestException">The record has no class.</exception>
    public Example Labelled(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        string label = record.Label ?? throw Refuse(record, "a \"label\"", "none");
        Prompt prompt = record.Turns.Count > 0 ? throw Refuse(record, "a text or a pair", "a conversation")
            : record.Second is null ? Prompt.FromText(record.Text) : Prompt.FromPair(record.Text, record.Second);
        int[] tokens = [.. prompt.ToTokens(Tokenizer)], segments = [.. prompt.ToSegments(Tokenizer) ?? []];
        if (tokens.Length == 0)
        {
            throw Refuse(record, "some text", "none");
        }
        tokens = CutInside(tokens, record.Line);
        segments = segments.Length > 0 ? segments[..tokens.Length] : segments;
        return new Example { Tokens = tokens, Segments = segments, Targets = [.. tokens.Skip(1), Example.Ignored], Label = ClassOf(label, record) };
    }

    /// <summary>A source and a target with teacher forcing: the decoder's input is its start token followed by the target, and it should
    /// predict the target and its end.</summary>
    /// <exception cref="InvalidRequestException">The record is not a pair.</exception>
    public Example SourceAndTarget(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        string text = record.Second ?? throw Refuse(record, "a \"source\" and a \"target\"", "no target");
        int[] source = CutInside([.. Tokenizer.Encode(record.Text)], record.Line);
        int[] target = Cut([.. WithEnd(Tokenizer.Encode(text, addSpecial: false))], record.Line);
        return source.Length == 0 || target.Length == 0 ? throw Refuse(record, "some text as source and target", "none")
            : new Example { Source = source, Tokens = [DecoderStart, .. target[..^1]], Targets = target };
    }

    /// <summary>A pair for a language model: the target follows the source, and only the target counts.</summary>
    public Example Completion(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        int[] source = [.. Tokenizer.Encode(record.Text)], target = [.. WithEnd(Tokenizer.Encode(record.Second!, addSpecial: false))];
        return Shift([.. source, .. target], i => i >= source.Length, record);
    }

    /// <summary>A conversation for a language model: only what the assistant says counts.</summary>
    /// <exception cref="InvalidRequestException">The assistant says nothing.</exception>
    public Example Conversation(Record record)
    {
        ArgumentNullException.ThrowIfNull(record);
        (int[] tokens, bool[] counts) = new Conversation(Template!, Tokenizer).Read(record.Turns, record.Tools);
        return tokens.Length == 0 ? throw Refuse(record, "a turn of the role \"assistant\" to learn from", "none") : Shift(tokens, i => counts[i], record);
    }

    /// <summary>Records that an example was longer than the context.</summary>
    /// <param name="line">The line where it begins; the source and the target of one line are one example.</param>
    internal void NoteShortened(int line)
    {
        if (_shortened.Count == 0 || _shortened[^1] != line)
        {
            _shortened.Add(line);
        }
    }

    /// <summary>The exception for a record that the objective cannot use.</summary>
    public InvalidRequestException Refuse(Record record, string expected, string found)
    {
        ArgumentNullException.ThrowIfNull(record);
        return new($"Reading the data '{Path}': expected {expected} in line {record.Line}, found {found}. Correct the line or choose another objective.");
    }

    private int ClassOf(string label, Record record)
    {
        int index = Labels.Index().Where(one => one.Item == label).Select(one => one.Index).FirstOrDefault(-1);
        return index >= 0 ? index : throw Refuse(record, $"one of {string.Join(", ", Labels)} as \"label\"", $"'{label}'");
    }

    // Each token's target is the one after it, if that counts.
    private Example Shift(int[] tokens, Func<int, bool> counts, Record record)
    {
        int[] targets = [.. Enumerable.Range(1, Math.Max(0, tokens.Length - 1)).Select(i => counts(i) ? tokens[i] : Example.Ignored)];
        targets = Cut(targets, record.Line);
        return targets.Any(target => target != Example.Ignored) ? new Example { Tokens = tokens[..targets.Length], Targets = targets }
            : throw Refuse(record, $"something to learn within the first {Context} tokens", "none");
    }

    private IReadOnlyList<int> WithEnd(IReadOnlyList<int> tokens) =>
        Tokenizer.EndOfSequence is int end && (tokens.Count == 0 || tokens[^1] != end) ? [.. tokens, end] : tokens;

    private int[] Cut(int[] tokens, int line)
    {
        if (tokens.Length <= Context)
        {
            return tokens;
        }
        NoteShortened(line);
        return tokens[..Context];
    }

    // The token that the model's file puts after every text is kept: texts also end with it when the model is used.
    private int[] CutInside(int[] tokens, int line)
    {
        int[] cut = Cut(tokens, line);
        if (cut.Length < tokens.Length && Tokenizer.Encode("") is [.., int end] && end == tokens[^1])
        {
            cut[^1] = end;
        }
        return cut;
    }

    private void RequireText(Record record)
    {
        if (record.Turns.Count > 0 || record.Second is not null)
        {
            throw Refuse(record, "a text", record.Second is null ? "a conversation" : "a pair");
        }
    }
}
