using System.CommandLine;
using Engine.BuiltIn;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Initialization;
using ReferenceModels.Training.Vocabularies;

namespace Engine.Host.Commands.Training;

/// <summary>What a run starts from: a model, or a shape and a vocabulary.</summary>
internal sealed class InitialOptionGroup
{
    private const int DefaultSize = 4096;

    private readonly Option<string?> _from = new("--from") { HelpName = "MODEL", Description = "The GGUF file to begin from, with the heads beside it, or builtin:NAME for a model that comes with the engine." };
    private readonly Option<string?> _shape = new("--model-shape") { HelpName = "FILE", Description = "A JSON file with the sizes of a new model, which begins from random weights." };
    private readonly Option<string?> _vocabulary = new("--vocabulary") { HelpName = "GGUF", Description = "The file whose vocabulary a new model gets. Default: one trained on the data." };
    private readonly Option<int?> _vocabularySize = NumberOption.CreateOptional("--vocabulary-size", 6, 1_000_000, "Size of a vocabulary trained on the data. Default 4096, or as many tokens as the data gives.");

    public void AddTo(Verb verb) => verb.AddGroup("Model", _from, _shape, _vocabulary, _vocabularySize);

    /// <summary>The files it reads, with what names them.</summary>
    public IEnumerable<(string? Path, string Option)> Inputs(ParseResult parsed) =>
        [(ModelFile(parsed, _from), _from.Name), (parsed.GetValue(_shape), _shape.Name), (ModelFile(parsed, _vocabulary), _vocabulary.Name)];

    /// <summary>The file to start from. A new model's file is temporary and deleted on disposal.</summary>
    /// <param name="parsed">The command line.</param>
    /// <param name="seed">The seed of a new model's weights.</param>
    /// <param name="records">Reads the data, if a vocabulary is trained on it.</param>
    /// <param name="cancellationToken">Cancels the training of a vocabulary.</param>
    public InitialFile Open(ParseResult parsed, ulong seed, Func<IReadOnlyList<Record>> records, CancellationToken cancellationToken)
    {
        (string? from, string? shape, string? vocabulary) = (ModelFile(parsed, _from), parsed.GetValue(_shape), ModelFile(parsed, _vocabulary));
        int? size = parsed.GetValue(_vocabularySize);
        if ((from is null) == (shape is null))
        {
            throw from is null
                ? TrainOptionGroup.Missing("a model to begin with (--from MODEL) or its shape (--model-shape FILE)", "neither")
                : new InvalidRequestException("Training: expected either --from MODEL or --model-shape FILE, found both. Leave one out.");
        }
        Refuse(from is not null && (vocabulary is not null || size is not null), "--vocabulary and --vocabulary-size only beside --model-shape, found one beside --from, whose model has a vocabulary");
        Refuse(vocabulary is not null && size is not null, "either --vocabulary or --vocabulary-size, found both");
        if (from is not null)
        {
            return new InitialFile(from, isTemporary: false);
        }
        ModelShape sizes = ModelShape.Read(shape!);
        var initial = new InitialFile(Path.Combine(Path.GetTempPath(), $"engine-initial-{Path.GetRandomFileName()}.gguf"), isTemporary: true);
        try
        {
            if (vocabulary is not null)
            {
                InitialModel.Write(initial.Path, sizes, vocabulary, seed);
            }
            else
            {
                using var bar = new ProgressBar("Training the vocabulary");
                var options = new VocabularyOptions { Scheme = InitialModel.SchemeOf(sizes), Size = size ?? DefaultSize };
                InitialModel.Write(initial.Path, sizes, VocabularyTrainer.Train(records().SelectMany(record => record.Texts), options, bar, cancellationToken), seed);
            }
            return initial;
        }
        catch
        {
            initial.Dispose(); // half a file, where the disk is full
            throw;
        }
    }

    private static string? ModelFile(ParseResult parsed, Option<string?> option) => parsed.GetValue(option) is { } path ? BundledModels.Resolve(path) : null;

    private static void Refuse(bool isWrong, string what)
    {
        if (isWrong)
        {
            throw new InvalidRequestException($"Training: expected {what}. Leave one out.");
        }
    }
}

/// <summary>A model file that may be temporary.</summary>
internal sealed class InitialFile(string path, bool isTemporary) : IDisposable
{
    public string Path { get; } = path;

    /// <summary>Whether it was made for this run.</summary>
    public bool IsTemporary => isTemporary;

    public void Dispose()
    {
        if (isTemporary)
        {
            File.Delete(Path);
        }
    }
}
