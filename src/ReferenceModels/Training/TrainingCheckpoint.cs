using System.Runtime.InteropServices;
using Engine;
using Engine.Gguf;
using ReferenceModels.Training.Optimization;
using ReferenceModels.Weights;

namespace ReferenceModels.Training;

/// <summary>
/// Everything needed to continue: weights, moments, the number of steps completed, the log, and the options of the run. All randomness
/// in a run follows from its seed and the step, so these two are the state of its generators. Written as a GGUF file, under a temporary
/// name first, so that the file of this name is always complete, whenever the process is killed.
/// </summary>
internal static class TrainingCheckpoint
{
    private const string Architecture = GgufContent.Checkpoint;
    private const string Names = "checkpoint.weights", Keys = "checkpoint.options", Values = "checkpoint.values", Step = "checkpoint.step";

    /// <summary>Writes a checkpoint.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public static void Write(string path, IReadOnlyDictionary<string, string> run, TrainingLog log, AdamW optimizer)
    {
        var writer = new GgufWriter();
        writer.SetMetadata(GgufKeys.Architecture, Architecture);
        writer.SetMetadata(Step, (uint)log.Steps.Count);
        writer.SetMetadata(Keys, [.. run.Keys]);
        writer.SetMetadata(Values, [.. run.Values]);
        writer.SetMetadata(Names, [.. optimizer.Weights.Select(weight => weight.Name)]);
        foreach ((string name, double[] numbers) in log.ToNumbers())
        {
            writer.SetMetadata("checkpoint.log." + name, numbers);
        }
        for (int i = 0; i < optimizer.Weights.Count; i++)
        {
            foreach ((string kind, float[] numbers) in Parts(optimizer, i))
            {
                writer.AddTensor($"{i}.{kind}", [numbers.Length], GgmlType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(numbers)));
            }
        }
        writer.Write(path);
    }

    /// <summary>Reads a checkpoint into weights, moments and log.</summary>
    /// <exception cref="EngineException">The file is not a checkpoint, or belongs to another run.</exception>
    public static void Read(string path, IReadOnlyDictionary<string, string> run, TrainingLog log, AdamW optimizer)
    {
        using GgufFile file = GgufFile.Open(path);
        if (file.Metadata.GetString(GgufKeys.Architecture) != Architecture)
        {
            throw new ModelFileException($"Resuming from '{path}': expected a training checkpoint, found a file of '{file.Metadata.GetString(GgufKeys.Architecture)}'. Give the file that --checkpoint named.");
        }
        foreach ((string key, string began) in file.Metadata.RequireStrings(Keys).Zip(file.Metadata.RequireStrings(Values)))
        {
            string? found = run.GetValueOrDefault(key);
            if (found != began)
            {
                throw new InvalidRequestException($"Resuming from '{path}': expected {key} {began}, with which the run began, found {found ?? "none"}. Use the options that the run began with, or start a new run.");
            }
        }
        if (!file.Metadata.RequireStrings(Names).SequenceEqual(optimizer.Weights.Select(weight => weight.Name)))
        {
            throw new ModelFileException($"Resuming from '{path}': expected the weights of this model, found others. Give the model that the run began with.");
        }
        for (int i = 0; i < optimizer.Weights.Count; i++)
        {
            foreach ((string kind, float[] numbers) in Parts(optimizer, i))
            {
                Fill(file, $"{i}.{kind}", MemoryMarshal.AsBytes(numbers.AsSpan()));
            }
        }
        log.FromNumbers(name => file.Metadata["checkpoint.log." + name]?.ArrayOf<double>() ?? []);
        if (log.Steps.Count != file.Metadata.RequireUInt32(Step))
        {
            throw new ModelFileException($"Resuming from '{path}': expected a log of {file.Metadata.RequireUInt32(Step)} steps, found {log.Steps.Count}. The file is damaged; start a new run.");
        }
    }

    private static (string Kind, float[] Numbers)[] Parts(AdamW optimizer, int i)
    {
        Weight weight = optimizer.Weights[i];
        return [("w", weight.Values!), ("m", optimizer.M[i]), ("v", optimizer.V[i])];
    }

    private static void Fill(GgufFile file, string name, Span<byte> numbers)
    {
        GgufTensor? tensor = file.FindTensor(name);
        if (tensor is not { Type: GgmlType.F32 } || tensor.ByteLength != numbers.Length)
        {
            throw new ModelFileException($"Resuming from '{file.Path}': expected {numbers.Length} bytes of F32 as '{name}', found {tensor?.ByteLength ?? 0}. The file is damaged, or belongs to another model.");
        }
        const int Block = 1 << 20;
        for (int at = 0; at < numbers.Length; at += Block)
        {
            int length = Math.Min(Block, numbers.Length - at);
            file.GetData(tensor, at, length).CopyTo(numbers[at..]);
        }
    }
}
