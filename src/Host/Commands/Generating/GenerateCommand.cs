using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Engine.Parity;

namespace Engine.Host.Commands.Generating;

/// <summary><c>engine generate</c>: continues a prompt.</summary>
internal sealed class GenerateCommand
{
    private static readonly JsonSerializerOptions Json = JsonOutput.With(GenerateReportJson.Default);

    private const int MaxTokens = 1 << 24;

    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "The text to continue, or the source that an encoder–decoder answers. Instead of it: --file or --tokens. " + StandardInput.Help,
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file") { HelpName = "PATH", Description = "Takes the prompt from a UTF-8 file; - is standard input." };
    private readonly Option<int[]?> _tokens = TokenIds.CreateOption("Takes the prompt as token ids, such as 1,319,459; nothing is added to them.");
    private readonly Option<int> _maxTokens = NumberOption.Create("--max-tokens", 1, MaxTokens, 128, "Stops after this many tokens.");
    private readonly Option<string[]> _stop = new("--stop") { HelpName = "TEXT", Description = "Stops before this text; may be given several times." };
    private readonly Option<bool> _ignoreEos = new("--ignore-eos") { Description = "Continues after an end-of-generation token." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document instead of the text." };
    private readonly Option<bool> _verify = new("--verify")
    {
        Description = "Checks the logits that each token was sampled from against the managed reference; a failure gives exit code 1.",
    };

    private readonly PromptOptionGroup _form = new();
    private readonly SamplingOptionGroup _sampling = new();
    private readonly ReferenceOptionGroup _reference = new(Numerics.Production);
    private readonly ModelOptionGroup _model = new();

    public static Command Create() => new GenerateCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("generate", "Continues a prompt and streams the text.")
        {
            Examples =
            [
                "engine generate \"Once upon a time\"",
                "engine generate \"Once upon a time\" --temperature 0 --verify",
                "engine generate \"Who are you?\" --model chat.gguf --system \"Be brief.\"",
                "engine generate --file story.txt --model llama.gguf --max-tokens 500 --json",
            ],
        };
        verb.Add(_prompt);
        verb.AddGroup("Prompt and answer", _file, _tokens, _form.ParseSpecial, _form.Chat, _form.System, _form.Template, _maxTokens, _stop, _ignoreEos, _json);
        _sampling.AddTo(verb);
        verb.AddGroup("Check", _verify, _reference.Numerics, _reference.ReferenceModel);
        _model.AddTo(verb);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool verify = parsed.GetValue(_verify);
        Func<IModel, Prompt> prompt = await ReadPromptAsync(parsed, cancellationToken).ConfigureAwait(false);
        ModelOptions options = _model.Read(parsed) with { ChatTemplate = parsed.GetValue(_form.Template) };
        ModelOptions? judge = verify ? _reference.Read(parsed, options) : null;
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        IModel model = await backends.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            var request = new GenerateRequest
            {
                Prompt = prompt(model),
                MaxTokens = parsed.GetValue(_maxTokens),
                Sampling = _sampling.Read(parsed),
                Stop = parsed.GetValue(_stop) ?? [],
                IgnoreEndOfGeneration = parsed.GetValue(_ignoreEos),
                Numerics = _reference.ReadNumerics(parsed),
            };
            if (judge is null)
            {
                return await GenerateAsync(model, request, null, parsed, cancellationToken).ConfigureAwait(false);
            }
            Verification.RequireRoom(model.Card, request.MaxTokens, 1, _maxTokens.Name);
            IModel reference = await backends.LoadAsync(judge, cancellationToken).ConfigureAwait(false);
            await using (reference.ConfigureAwait(false))
            {
                var verification = new Verification(model, reference, request.Prompt, request.Numerics);
                request = request with { Prompt = verification.Prompt, Logits = StepLogits.Full };
                return await GenerateAsync(model, request, verification, parsed, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The prompt, built once the model is loaded, since it may need its chat template.</summary>
    private async Task<Func<IModel, Prompt>> ReadPromptAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        _form.Check(parsed);
        string? text = parsed.GetValue(_prompt);
        string? file = parsed.GetValue(_file);
        int[]? tokens = TokenIds.Read(parsed, _tokens);
        if (file is null && tokens is null)
        {
            text = await StandardInput.TextOrReadAsync(text, cancellationToken).ConfigureAwait(false);
        }
        return (text, file, tokens) switch
        {
            ({ }, null, null) => Text(text),
            (null, { }, null) => Text(await TextFile.ReadAsync(file, cancellationToken).ConfigureAwait(false)),
            (null, null, { }) => _form.IsGiven(parsed)
                ? throw new InvalidRequestException("Expected a text for --parse-special, --chat, --system and --chat-template, found --tokens. Give the text, or leave them out.")
                : _ => Prompt.FromTokens(tokens),
            (null, null, null) => throw new InvalidRequestException(
                "A prompt is missing: give it as PROMPT, through a pipe, with --file PATH or with --tokens IDS."),
            _ => throw new InvalidRequestException("Expected one prompt, found several: give one of PROMPT, --file and --tokens."),
        };

        Func<IModel, Prompt> Text(string words) => model => _form.Read(parsed, words, model);
    }

    private async Task<int> GenerateAsync(
        IModel model, GenerateRequest request, Verification? verification, ParseResult parsed, CancellationToken cancellationToken)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        AnswerStream? stream = parsed.GetValue(_json) ? null : new AnswerStream(output, Screen.OutputWidth);
        GenerationRun generation = await GenerationRun.RunAsync(model, request, stream, cancellationToken).ConfigureAwait(false);
        if (generation.IsCancelled)
        {
            (parsed.InvocationConfiguration as VerbInvocation)?.Interruption.Answer();
        }
        stream?.EndLine();
        ParityReport? verdict = verification is null || generation.IsCancelled ? null
            : await VerifyAsync(verification, generation, cancellationToken).ConfigureAwait(false);
        GenerateReport report = generation.Report(model.Card, request.Sampling, verdict);
        if (generation.IsContextFull)
        {
            string larger = model.Card.ContextLength < model.Card.TrainedContextLength ? $" --context takes up to {model.Card.TrainedContextLength}." : "";
            Console.Error.WriteLine($"The answer ends here: the context of {model.Card.ContextLength} tokens is full.{larger}");
        }
        if (stream is null)
        {
            JsonOutput.Write(output, report, Json);
        }
        else if (!Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(Summary(report));
        }
        if (stream is not null && verdict is not null)
        {
            output.WriteLine("\n" + Describe(verdict));
        }
        return generation.IsCancelled ? ExitCode.Cancelled : verdict?.Verdict == ParityVerdict.Fail ? ExitCode.Fail : ExitCode.Pass;
    }

    private static async Task<ParityReport> VerifyAsync(Verification verification, GenerationRun generation, CancellationToken cancellationToken)
    {
        using var bar = new ProgressBar("Verifying");
        return await verification.RunAsync(generation.Steps, bar, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>What was judged, and the verdict on a line of its own, wrapped to the terminal's width.</summary>
    private static string Describe(ParityReport report)
    {
        var text = new StringBuilder();
        int width = Screen.OutputWidth ?? int.MaxValue;
        Paragraph.Append(text, $"Verified {report.Positions} {(report.Positions == 1 ? "token" : "tokens")} against the reference, {report.Numerics.ToString().ToLowerInvariant()} numerics.", width);
        Paragraph.Append(text, $"{(report.Verdict == ParityVerdict.Pass ? "PASS" : "FAIL")}: {report.Explanation}.", width);
        return text.ToString().TrimEnd();
    }

    private static string Summary(GenerateReport report)
    {
        string speed = report.DecodeTokensPerSecond is { } rate ? string.Create(CultureInfo.InvariantCulture, $", {rate:N0} tokens/s") : "";
        string seed = report.Seed is { } value ? $", seed {value}" : "";
        return $"[{report.Tokens.Count} tokens{speed}, {report.Backend} on {report.Device}{seed}]";
    }
}
