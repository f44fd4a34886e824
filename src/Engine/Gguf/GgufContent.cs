namespace Engine.Gguf;

/// <summary>Recognises GGUF files that do not contain a model, for an error that says what they contain instead.</summary>
internal static class GgufContent
{
    /// <summary><c>general.architecture</c> of a file with heads beside a model, and the end of its name.</summary>
    public const string Heads = "heads", HeadsEnding = ".heads.gguf";

    /// <summary><c>general.architecture</c> of the state of a training.</summary>
    public const string Checkpoint = "checkpoint";

    /// <exception cref="ModelFileException">The file does not contain a model.</exception>
    public static void RequireModel(GgufFile file)
    {
        string? found = file.Metadata.GetString(GgufKeys.Architecture) switch
        {
            Heads => $"holds heads. Give the model beside it, {Model(file.FileName)}",
            Checkpoint => "holds the state of a training run. Continue it with 'engine train --resume', or give the model that the training wrote",
            _ when file.Metadata.GetString("general.type") == GgufAdapter.FileKind => "holds an adapter. Give the model, and this file as its adapter (--lora)",
            _ => null,
        };
        if (found is not null)
        {
            throw new ModelFileException($"Loading {file.FileName}: expected a model, the file {found}.");
        }
    }

    private static string Model(string heads) =>
        heads.EndsWith(HeadsEnding, StringComparison.OrdinalIgnoreCase) ? heads[..^HeadsEnding.Length] + ".gguf" : "whose name ends in .gguf alone";
}
