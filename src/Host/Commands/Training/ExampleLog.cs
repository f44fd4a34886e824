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
        (_trainer, _next) = (trainer, next);
        try
        {
            _writer = new StreamWriter(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidRequestException($"Writing the examples to '{path}': expected a file that can be written, found: {e.Message} Name another file with --log-examples.");
        }
    }

    public void Report(TrainingStep value)
    {
        _writer.WriteLine(JsonSerializer.Serialize(new { value.Step, Examples = _trainer.ExamplesOf(value.Step).Select(Shown) }, Line));
        _next.Report(value);
    }

    public void Dispose() => _writer.Dispose();

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
