using ReferenceModels.Training;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Initialization;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Training.Vocabularies;

namespace ReferenceModels.Tests.Training;

/// <summary>A data file and a small new model with a vocabulary trained on it.</summary>
internal sealed class TrainingFiles : IDisposable
{
    public TemporaryFolder Folder { get; } = new();

    public void Dispose() => Folder.Dispose();

    public string Write(string name, string text)
    {
        File.WriteAllText(Folder.File(name), text);
        return Folder.File(name);
    }

    public static ModelShape Shape(string architecture) => new()
    {
        Architecture = architecture,
        EmbeddingLength = 32,
        BlockCount = 2,
        HeadCount = 4,
        HeadCountKv = InitialModel.IsRotary(architecture) ? 2 : null,
        ExpertCount = architecture == "qwen3moe" ? 4 : null,
        FeedForwardLength = 64,
        ContextLength = 64,
    };

    public string Model(ModelShape shape, string data, int tokens = 400, ulong seed = 3)
    {
        string path = Folder.File($"{shape.Architecture}-{seed}.gguf");
        TrainedVocabulary vocabulary = VocabularyTrainer.Train(
            new RecordFile().Read(data).SelectMany(record => record.Texts), new VocabularyOptions { Scheme = InitialModel.SchemeOf(shape), Size = tokens });
        InitialModel.Write(path, shape, vocabulary, seed);
        return path;
    }

    public static TrainingOptions Options(string model, string data, Objective objective, int steps) => new()
    {
        Model = model,
        Data = data,
        Objective = objective,
        Steps = steps,
        Batch = 4,
        Context = 32,
        LearningRate = 3e-3f,
        Threads = 1,
    };

    /// <summary>Runs to the end.</summary>
    public static TrainingLog Run(TrainingOptions options, string? output = null)
    {
        using var trainer = new Trainer(options);
        trainer.Run();
        if (output is not null)
        {
            trainer.Save(output);
        }
        return trainer.Log;
    }
}
