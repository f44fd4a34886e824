using System.CommandLine;
using ReferenceModels.Training.Initialization;

namespace Engine.Host.Commands.Training;

/// <summary>What a run begins with: a model, or a shape and a vocabulary.</summary>
internal sealed class InitialSelection
{
    private readonly Option<string?> _from = new("--from") { HelpName = "MODEL", Description = "The GGUF file to begin from, with the heads beside it." };
    private readonly Option<string?> _shape = new("--model-shape") { HelpName = "FILE", Description = "A JSON file with the sizes of a new model, which begins from random weights." };
    private readonly Option<string?> _vocabulary = new("--vocabulary") { HelpName = "GGUF", Description = "The file whose vocabulary a new model gets." };

    public void AddTo(Verb verb) => verb.AddGroup("Model", _from, _shape, _vocabulary);

    /// <summary>The file to begin from. A new model's is temporary and goes with its disposal.</summary>
    public InitialFile Open(ParseResult parsed, ulong seed)
    {
        (string? from, string? shape, string? vocabulary) = (parsed.GetValue(_from), parsed.GetValue(_shape), parsed.GetValue(_vocabulary));
        if ((from is null) == (shape is null))
        {
            throw TrainSelection.Missing("either --from MODEL or --model-shape FILE", from is null ? "what to begin with" : "not both");
        }
        if (from is not null)
        {
            return vocabulary is null ? new InitialFile(from, isTemporary: false)
                : throw new InvalidRequestException("Training: expected --vocabulary only beside --model-shape, found it beside --from. The model has a vocabulary; leave the option out.");
        }
        ModelShape sizes = ModelShape.Read(shape!);
        string path = Path.Combine(Path.GetTempPath(), $"engine-initial-{Path.GetRandomFileName()}.gguf");
        InitialModel.Write(path, sizes, vocabulary ?? throw TrainSelection.Missing("--vocabulary GGUF", "whose vocabulary the new model gets"), seed);
        return new InitialFile(path, isTemporary: true);
    }
}

/// <summary>A model's file that may be a temporary one.</summary>
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
