using System.CommandLine;
using Engine.Host.Commands.Calibrating;
using Engine.Parity;

namespace Engine.Host.Commands.Validating;

/// <summary><c>engine validate</c>: native against reference on the same tokens.</summary>
internal sealed class ValidateCommand
{
    private readonly Option<string?> _text = new("--text") { HelpName = "TEXT", Description = "The text to compare on; - is standard input, which is also read if it is a pipe or a file. Default: a few sentences from the world of a model that comes with the engine, or general ones." };
    private readonly Option<string?> _file = new("--file") { HelpName = "PATH", Description = "Takes the text from a UTF-8 file; - is standard input." };
    private readonly Option<int[]?> _tokens = TokenIds.CreateOption("Compares on these token ids, such as 1,319,459; nothing is added to them.");
    private readonly Option<string?> _target = new("--target")
    {
        HelpName = "TEXT",
        Description = "The answer expected from an encoder–decoder. Default: the reference's own answer.",
    };
    private readonly Option<int[]?> _targetTokens = TokenIds.CreateOption("The target as ids, the decoder's start token in front.", "--target-tokens");
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document instead of the report." };
    private readonly ReferenceOptionGroup _reference = new(Numerics.Strict);
    private readonly LayerOptionGroup _layers = new();
    private readonly CalibrationOptionGroup _calibration = new();
    private readonly ModelOptionGroup _model = new();

    public static Command Create() => new ValidateCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("validate", "Compares the native logits or embeddings with the reference's and gives a verdict: exit code 0 pass, 1 fail, 2 unusable input.")
        {
            WhenStopped = "Stopped before the verdict: nothing was judged, and no calibration was kept.",
            Examples =
            [
                "engine validate --model llama.gguf",
                "engine validate --model llama.gguf --file story.txt --numerics production",
                "engine validate --model q8_0.gguf --reference-model f16.gguf --json",
                "engine validate --model q8_0.gguf --layers",
                "engine validate --model q4_k_m.gguf --calibrate",
            ],
        };
        verb.AddGroup("Comparison", _text, _file, _tokens, _target, _targetTokens, _reference.Numerics, _reference.ReferenceModel, _layers.Arithmetic, _json);
        verb.AddGroup("Tolerance", _calibration.Calibrate, _calibration.Calibration, _calibration.NoCalibration);
        verb.AddGroup("Looking inside", _layers.Layers);
        _model.AddTo(verb);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? text = await ReadTextAsync(parsed, cancellationToken).ConfigureAwait(false);
        ModelOptions options = _model.Read(parsed);
        ModelOptions judge = _reference.Read(parsed, options);
        _calibration.Check(parsed, options, (options.Path, _model.Model.Name), (judge.Path, _reference.ReferenceModel.Name));
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        IModel native = await backends.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        await using (native.ConfigureAwait(false))
        {
            IModel reference = await backends.LoadAsync(judge, cancellationToken).ConfigureAwait(false);
            await using (reference.ConfigureAwait(false))
            {
                Prompt prompt = TokenIds.Read(parsed, _tokens) is { } ids ? Prompt.FromTokens(ids)
                    : text is not null ? ComparisonText.Choose(text, native, reference)
                    : ComparisonText.ChooseDefault(SampleText.Of(native.Card), native, reference);
                var comparison = new Comparison(native, reference, prompt, ReadTarget(parsed), _reference.ReadNumerics(parsed))
                {
                    NativeOptions = options,
                    Arithmetic = parsed.GetValue(_layers.Arithmetic) ?? Arithmetic.Exact,
                };
                if (parsed.GetValue(_calibration.Calibrate))
                {
                    return await _calibration.RunAsync(parsed, comparison, parsed.GetValue(_json), cancellationToken).ConfigureAwait(false);
                }
                Tolerance? tolerance = await _calibration.FindAsync(parsed, comparison, cancellationToken).ConfigureAwait(false);
                using var bar = new ProgressBar("Comparing");
                var parity = new ParityOptions
                {
                    Numerics = comparison.Numerics,
                    Arithmetic = comparison.Arithmetic,
                    Target = comparison.Target,
                    Tolerance = tolerance,
                    Progress = bar,
                };
                ParityReport report = tolerance is null && parsed.GetValue(_layers.Arithmetic) is null
                    ? await SecondOpinion.RunAsync(native, reference, prompt, parity, cancellationToken).ConfigureAwait(false)
                    : await ParityCheck.RunAsync(native, reference, prompt, parity, cancellationToken).ConfigureAwait(false);
                bar.Dispose();
                if (report.Positions == 0)
                {
                    throw new InvalidRequestException("Comparing two models: expected a text of at least one token, found an empty one. Give another with --text, --file or --tokens.");
                }
                if (_layers.IsAsked(parsed))
                {
                    report = report.With(await _layers.RunAsync(parsed, native, reference, prompt, parity, cancellationToken).ConfigureAwait(false));
                }
                parsed.InvocationConfiguration.Output.Write(parsed.GetValue(_json) ? report.ToJson() + "\n" : ParityText.Render(report, Screen.ReportWidth));
                return report.Verdict == ParityVerdict.Pass ? ExitCode.Pass : ExitCode.Fail;
            }
        }
    }

    private Prompt? ReadTarget(ParseResult parsed) => (parsed.GetValue(_target), TokenIds.Read(parsed, _targetTokens)) switch
    {
        (null, null) => null,
        ({ } text, null) => Prompt.FromText(text),
        (null, { } ids) => Prompt.FromTokens(ids),
        _ => throw new InvalidRequestException("Expected one target, found two: give one of --target and --target-tokens."),
    };

    private async Task<string?> ReadTextAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? text = parsed.GetValue(_text);
        string? file = parsed.GetValue(_file);
        int given = (text is null ? 0 : 1) + (file is null ? 0 : 1) + (TokenIds.Read(parsed, _tokens) is null ? 0 : 1);
        if (given > 1)
        {
            throw new InvalidRequestException("Expected one input, found several: give one of --text, --file and --tokens.");
        }
        return file is not null ? await TextFile.ReadAsync(file, cancellationToken).ConfigureAwait(false)
            : given == 1 && text is null ? null
            : await StandardInput.TextOrReadAsync(text, cancellationToken).ConfigureAwait(false);
    }
}
