using System.Text.Json;
using System.Text.Json.Serialization;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;

namespace Engine.Host.Commands.Training;

/// <summary>Writes what each step showed the model, one JSON object per line and step, so that others can reproduce the run.</summary>
internal sealed class ExampleLog : IProgress<TrainingStep>, IDisposable
{
    /// <summary>Marks a target that does not count: the value that PyTorch's cross-entropy ignores by default.</summary>
    private const int Ignored = -100;

    private static readonly JsonSerializerOptions Line = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly OutputFile _file;
    private readonly Trainer _trainer;
    private readonly IProgress<TrainingStep> _next;
    private readonly StreamWriter _writer;

    /// <summary>Creates the file.</summary>
    /// <param name="file">Replaced if it exists.</param>
    /// <param name="trainer">Whose steps are reported.</param>
    /// <param name="next">Also receives them.</param>
    /// <exception cref="InvalidRequestException">The file cannot be written.</exception>
    public ExampleLog(OutputFile file, Trainer trainer, IProgress<TrainingStep> next)
    {
        (_file, _trainer, _next) = (file, trainer, next);
        // Unbuffered: if the disk is full, the write fails, and not again in Dispose.
        _writer = file.Write(() => new StreamWriter(new FileStream(file.Path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0)) { AutoFlush = true });
    }

    public void Report(TrainingStep value)
    {
        string line = JsonSerializer.Serialize(new { value.Step, Examples = _trainer.ExamplesOf(value.Step).Select(Shown) }, Line);
        _file.Write(() => _writer.WriteLine(line));
        _next.Report(value);
    }

    // Not the writer's Dispose, which would try again.
    public void Dispose() => _writer.BaseStream.Dispose();

    private static object Shown(Example example) => new
    {
        Source = Some(example.Source),
        example.Tokens,
        Segments = Some(example.Segments),
        Targets = Some([.. example.Targets.Select(target => target == Example.Ignored ? Ignored : target)]),
        Label = Known(example.Label),
        NextSentence = Known(example.NextSentence),
    };

    private static int[]? Some(int[] values) => values.Length > 0 ? values : null;

    private static int? Known(int value) => value == Example.Ignored ? null : value;
}
