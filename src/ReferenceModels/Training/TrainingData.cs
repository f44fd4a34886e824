using System.Globalization;
using Engine;
using Engine.Chat;
using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;

namespace ReferenceModels.Training;

/// <summary>The examples of a run: those it learns from, and those kept for validation.</summary>
internal sealed class TrainingData
{
    private readonly IExamples _examples, _kept;
    private readonly int[] _learned, _validated;
    private readonly ExampleOrder _order;
    private readonly ulong _seed;

    /// <summary>Reads the files.</summary>
    /// <param name="options">Which files, and how to read them.</param>
    /// <param name="metadata">The metadata of the model's file.</param>
    /// <param name="tokenizer">The model's tokenizer.</param>
    /// <param name="context">The maximum number of tokens of an example.</param>
    public TrainingData(TrainingOptions options, GgufMetadata metadata, ITokenizer tokenizer, int context)
    {
        var file = new RecordFile { Separator = options.Separator };
        IReadOnlyList<Record> records = file.Read(options.Data), kept = options.ValidationData is null ? [] : file.Read(options.ValidationData);
        Labels = LabelsOf(records);
        bool chats = records.Concat(kept).Any(record => record.Turns.Count > 0);
        ChatTemplate? own = chats ? ChatTemplate.FromMetadata(metadata) : null;
        AddedTemplate = chats && own is null ? Conversation.Default : null;
        ExampleBuilder builder = BuilderFor(options.Data);
        _examples = options.Objective.Examples(records, builder);
        ExampleBuilder keptBuilder = BuilderFor(options.ValidationData ?? options.Data);
        _kept = options.ValidationData is null ? _examples : options.Objective.Examples(kept, keptBuilder);
        Shortened = [.. new[] { builder, keptBuilder }.SelectMany(one => one.Shortened.Select(line => new ShortenedExample(one.Path, line)))];
        Require(options.Data, _examples, 1);
        if (options.Objective.Heads.HasFlag(HeadKinds.Classification) && Labels.Count == 1)
        {
            throw new InvalidRequestException($"Reading the data '{options.Data}': expected at least two classes as \"label\", found only '{Labels[0]}'. Add examples of other classes.");
        }
        Require(options.ValidationData ?? options.Data, _kept, options.ValidationShare > 0 ? 2 : 1);
        (_learned, _validated) = Split(options);
        _order = new ExampleOrder(_learned.Length, options.Seed, options.Shuffle);
        _seed = options.Seed;

        ExampleBuilder BuilderFor(string path) => new(tokenizer, context, path)
        {
            Labels = Labels,
            Template = own ?? (chats ? new ChatTemplate(Conversation.Default, EndToken(tokenizer)) : null),
            DecoderStart = GgufUsage.DecoderStartToken(metadata, tokenizer.VocabularySize),
        };
    }

    /// <summary>Examples in an epoch.</summary>
    public int Count => _learned.Length;

    /// <summary>The classes: numbers in order, other labels in alphabetical order.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The chat template used because the model has none; null if none was needed.</summary>
    public string? AddedTemplate { get; }

    /// <summary>Examples that were longer than the context.</summary>
    public IReadOnlyList<ShortenedExample> Shortened { get; }

    /// <summary>Examples kept for validation, masked and paired the same way every time.</summary>
    public IEnumerable<Example> Kept => _validated.Select((index, i) => _kept.Visit(index, ExampleOrder.SeedOf(_seed, ExampleOrder.Purpose.Validation, i + 1)));

    /// <summary>How many examples are kept.</summary>
    public int KeptCount => _validated.Length;

    /// <summary>The example of the run's n-th visit.</summary>
    public Example Visit(long n) => _examples.Visit(_learned[_order[n]], ExampleOrder.SeedOf(_seed, ExampleOrder.Purpose.Example, n));

    private (int[] Learned, int[] Validated) Split(TrainingOptions options)
    {
        int[] all = [.. Enumerable.Range(0, _examples.Count)];
        if (options.ValidationData is not null)
        {
            return (all, [.. Enumerable.Range(0, _kept.Count)]);
        }
        if (options.ValidationShare <= 0)
        {
            return (all, []);
        }
        int count = Math.Clamp((int)Math.Round(options.ValidationShare * all.Length), 1, all.Length - 1);
        ulong drawn = ExampleOrder.SeedOf(options.Seed, ExampleOrder.Purpose.Validation, 0);
        HashSet<int> chosen = [.. all.OrderBy(i => Dropout.Coin(drawn, i)).ThenBy(i => i).Take(count)];
        return ([.. all.Where(i => !chosen.Contains(i))], [.. all.Where(chosen.Contains)]);
    }

    private static void Require(string path, IExamples examples, int count)
    {
        if (examples.Count < count)
        {
            throw new InvalidRequestException($"Reading the data '{path}': expected enough data for {count} {(count == 1 ? "example" : "examples")}, found {examples.Count}. Give more data, or lower the context.");
        }
    }

    private static string[] LabelsOf(IEnumerable<Record> records)
    {
        string[] labels = [.. records.Select(record => record.Label).OfType<string>().Distinct(StringComparer.Ordinal)];
        bool numbers = labels.All(label => long.TryParse(label, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out _));
        return numbers ? [.. labels.OrderBy(label => long.Parse(label, CultureInfo.InvariantCulture))] : [.. labels.Order(StringComparer.Ordinal)];
    }

    private static Dictionary<string, string> EndToken(ITokenizer tokenizer) =>
        tokenizer.EndOfSequence is int end ? new Dictionary<string, string> { ["eos_token"] = tokenizer.GetPiece(end) } : [];
}
