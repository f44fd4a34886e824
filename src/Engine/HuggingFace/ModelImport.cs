using System.Text.Json;
using Engine.Gguf;
using Engine.HuggingFace.Families;
using Engine.HuggingFace.Files;
using Engine.HuggingFace.Vocabularies;

namespace Engine.HuggingFace;

/// <summary>Imports a Hugging Face folder into a GGUF file. Everything but the weights is read and checked first; the weights are read while they are written.</summary>
internal sealed class ModelImport : IDisposable
{
    private readonly JsonDocument _config;
    private readonly FolderVocabulary? _vocabulary;
    private readonly SentenceEncoder _encoder;
    private readonly FolderSpecialTokenIds? _special;

    private ModelImport(ModelFolder folder, SentenceEncoder encoder, JsonDocument config, Checkpoint checkpoint, ModelPlan plan, FolderVocabulary? vocabulary, FolderSpecialTokenIds? special) =>
        (Folder, _encoder, _config, Checkpoint, Plan, _vocabulary, _special) = (folder, encoder, config, checkpoint, plan, vocabulary, special);

    /// <summary>The folder as it was given.</summary>
    public ModelFolder Folder { get; }

    /// <summary>The weights, by Hugging Face's names.</summary>
    public Checkpoint Checkpoint { get; }

    /// <summary>The metadata and tensors that will be written.</summary>
    public ModelPlan Plan { get; }

    /// <summary>A tokenizer.json whose own rules split texts, or null if the folder has none.</summary>
    public JsonElement? TokenizerRules => _vocabulary?.Rules?.RootElement;

    /// <summary>Whether texts can be tokenized.</summary>
    public bool HasVocabulary => _vocabulary is not null;

    /// <summary>Notes for the user: what is left out, and what llama.cpp does differently.</summary>
    public IReadOnlyList<string> Notes => Plan.Notes;

    /// <summary>The type of most of the matrices written.</summary>
    public GgmlType Type => Plan.Tensors.Planned.GroupBy(tensor => tensor.Type).MaxBy(group => group.Sum(tensor => tensor.Elements))!.Key;

    /// <summary>Whether all weights are written as stored, or more precisely.</summary>
    public bool IsExact { get; private init; }

    /// <summary>Reads a folder.</summary>
    /// <param name="path">The folder.</param>
    /// <param name="type">F32, F16 or BF16 for matrices; null to write them as stored.</param>
    /// <exception cref="ModelFileException">It cannot be imported; the message says why.</exception>
    public static ModelImport Open(string path, GgmlType? type = null)
    {
        ModelFolder folder = ModelFolder.Open(path);
        SentenceEncoder encoder = SentenceEncoder.Read(folder);
        JsonDocument config = encoder.Folder.ReadJson("config.json")
            ?? throw new ModelFileException($"Importing '{path}': expected config.json in the folder, found none. Give the folder as Hugging Face hands it out.");
        Checkpoint? checkpoint = null;
        FolderVocabulary? vocabulary = null;
        try
        {
            var fields = JsonFields.Of("config.json", config);
            checkpoint = Checkpoint.Open(encoder.Folder);
            ModelPlan plan = FamilyTable.Plan(new FamilySource(encoder.Folder, fields, checkpoint, type));
            ModelFolder words = Words(folder, encoder);
            vocabulary = FolderVocabulary.Read(words, plan.Notes);
            if (vocabulary is null)
            {
                plan.Notes.Add("The folder has no tokenizer, so the file accepts only token ids.");
            }
            FolderSpecialTokenIds? special = vocabulary is null ? null : FolderSpecialTokenIds.Read(words, vocabulary.Plan.Tokens);
            if (vocabulary is not null)
            {
                vocabulary.Plan.AddTo(new GgufWriter(), special!, plan.Settings.V); // refuses a bad vocabulary before anything is written
            }
            return new ModelImport(folder, encoder, config, checkpoint, plan, vocabulary, special)
            {
                IsExact = type is null or GgmlType.F32 || checkpoint.Tensors.Values.Where(tensor => tensor.Type.IsWeights).All(tensor => WeightType.Of(tensor.Type) == type),
            };
        }
        catch
        {
            config.Dispose();
            checkpoint?.Dispose();
            vocabulary?.Dispose();
            throw;
        }
    }

    /// <summary>Writes the GGUF file completely or not at all.</summary>
    /// <param name="path">The file to write.</param>
    /// <param name="progress">The fraction of the weights written, from 0 to 1.</param>
    /// <param name="cancellationToken">Takes effect between tensors; no part of the file remains.</param>
    public void Write(string path, IProgress<float>? progress = null, CancellationToken cancellationToken = default)
    {
        var writer = new GgufWriter();
        writer.SetMetadata(GgufKeys.Architecture, Plan.Architecture);
        writer.SetMetadata(GgufKeys.Name, Folder.Name);
        writer.SetMetadata(GgufKeys.FileType, Type switch
        {
            GgmlType.F16 => 1u,
            GgmlType.BF16 => 32u, // llama_ftype's number
            _ => 0u,
        });
        Plan.AddTo(writer);
        if (_encoder.Pooling is { } pooling)
        {
            writer.SetMetadata($"{Plan.Architecture}.pooling_type", pooling);
        }
        AddVocabulary(writer);
        SamplingDefaults.AddTo(writer, _encoder.Folder);
        long all = Math.Max(1, Plan.Tensors.Planned.Sum(tensor => tensor.Elements)), done = 0;
        foreach (PlannedTensor tensor in Plan.Tensors.Planned)
        {
            writer.AddTensor(tensor.Name, tensor.Shape, tensor.Type, stream =>
            {
                cancellationToken.ThrowIfCancellationRequested();
                tensor.Write(stream);
                progress?.Report((float)(done += tensor.Elements) / all);
            });
        }
        writer.Write(path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _config.Dispose();
        Checkpoint.Dispose();
        _vocabulary?.Dispose();
    }

    private void AddVocabulary(GgufWriter writer)
    {
        if (_vocabulary is null)
        {
            writer.SetMetadata(GgufKeys.TokenizerModel, "no_vocab");
            return;
        }
        _vocabulary.Plan.AddTo(writer, _special!, Plan.Settings.V);
        ChatTemplates.AddTo(writer, Words(Folder, _encoder));
    }

    // sentence-transformers keeps these files beside the transformer's, or in the folder above.
    private static ModelFolder Words(ModelFolder folder, SentenceEncoder encoder) =>
        encoder.Folder.Find("tokenizer.json") is not null || encoder.Folder.Find("vocab.txt") is not null ? encoder.Folder : folder;
}
