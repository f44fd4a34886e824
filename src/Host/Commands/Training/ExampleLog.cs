using System.Text.Json;
using System.Text.Json.Serialization;
using ReferenceModels.Training;
using ReferenceModels.Training.Data;

namespace Engine.Host.Commands.Training;

/// <summary>Writes what each step showed the model, a JSON object on a line for each step, so that others can repeat the run.</summary>
internal sealed class ExampleLog : IProgress<TrainingStep>, IDisposable
{
    /// <summary>Stands for a target that does not count: what PyTorch's cross-entropy ignores by default.</summary>
    private const int Ignored = -100;

    private static readonly JsonSerializerOptions Line = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    private readonly string _path;
    private readonly Trainer _trainer;
    private readonly IProgress<TrainingStep> _next;
    private readonly StreamWriter _writer;

    /// <summary>Begins the file.</summary>
    /// <param name="path">Replaced where it exists.</param>
    /// <param name="trainer">Whose steps are reported.</param>
    /// <param name="next">Is told of them, too.</param>
    /// <exception cref="InvalidRequestException">The file cannot be written.</exception>
    public ExampleLog(string path, Trainer trainer, IProgress<TrainingStep> next)
    {
        (_path, _trainer, _next) = (path, trainer, next);
        try
        {
            // No buffer of its own: what the disk has no room for is told by the line it is of, and not once more by Dispose.
            _writer = new StreamWriter(new FileStream(path, FileMode.Create, FileAccess.Write, FileShare.Read, bufferSize: 0)) { AutoFlush = true };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw Refusal(e);
        }
    }

    public void Report(TrainingStep value)
    {
        string line = JsonSerializer.Serialize(new { value.Step, Examples = _trainer.ExamplesOf(value.Step).Select(Shown) }, Line);
        try
        {
            _writer.WriteLine(line);
        }
        catch (IOException e)
        {
            throw Refusal(e);
        }
        _next.Report(value);
    }

    // Not the writer's: it would try once more.
    public void Dispose() => _writer.BaseStream.Dispose();

    private InvalidRequestException Refusal(Exception e) => new(
        $"Writing the examples to '{_path}': expected a file that can be written, found: {e.Message} Name another file with --log-examples.");

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
