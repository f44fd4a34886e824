using System.CommandLine;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Engine.Host.Commands;

/// <summary><c>engine generate</c>: continues a prompt.</summary>
internal sealed class GenerateCommand
{
    private const int MostTokens = 1 << 24;

    private readonly Argument<string?> _prompt = new("PROMPT")
    {
        Description = "The text to continue. Instead of it: --file or --tokens.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file") { HelpName = "PATH", Description = "Takes the prompt from a UTF-8 file; - is standard input." };
    private readonly Option<int[]?> _tokens = TokenIds.CreateOption("Takes the prompt as token ids, such as 1,319,459; nothing is added to them.");
    private readonly Option<int> _maxTokens = NumberOption.Create("--max-tokens", 1, MostTokens, 128, "Ends after so many tokens.");
    private readonly Option<string[]> _stop = new("--stop") { HelpName = "TEXT", Description = "Ends before this text; may be given several times." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document instead of the text." };
    private readonly SamplingSelection _sampling = new();
    private readonly ModelSelection _model = new();

    public static Command Create() => new GenerateCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("generate", "Continues a prompt and streams the text.")
        {
            Examples =
            [
                "engine generate \"Once upon a time\"",
                "engine generate \"Once upon a time\" --temperature 0 --verify",
                "engine generate --file story.txt --model llama.gguf --max-tokens 500 --json",
            ],
        };
        verb.Add(_prompt);
        verb.AddGroup("Prompt and answer", _file, _tokens, _maxTokens, _stop, _json);
        _sampling.AddTo(verb);
        _model.AddTo(verb);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        var request = new GenerateRequest
        {
            Prompt = await ReadPromptAsync(parsed, cancellationToken).ConfigureAwait(false),
            MaxTokens = parsed.GetValue(_maxTokens),
            Sampling = _sampling.Read(parsed),
            Stop = parsed.GetValue(_stop) ?? [],
        };
        await using var backends = new Backends(parsed.GetValue(EngineCommand.Verbose));
        IModel model = await backends.LoadAsync(_model.Read(parsed), cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            return await GenerateAsync(model, request, parsed, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Prompt> ReadPromptAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string? text = parsed.GetValue(_prompt);
        string? file = parsed.GetValue(_file);
        int[]? tokens = TokenIds.Read(parsed, _tokens);
        return (text, file, tokens) switch
        {
            ({ }, null, null) => Prompt.FromText(text),
            (null, { }, null) => Prompt.FromText(await TextFile.ReadAsync(file, cancellationToken).ConfigureAwait(false)),
            (null, null, { }) => Prompt.FromTokens(tokens),
            (null, null, null) => throw new InvalidRequestException(
                "A prompt is missing: give it as PROMPT, with --file PATH or with --tokens IDS; \"\" is the empty one."),
            _ => throw new InvalidRequestException("Expected one prompt, found several: give one of PROMPT, --file and --tokens."),
        };
    }

    private async Task<int> GenerateAsync(IModel model, GenerateRequest request, ParseResult parsed, CancellationToken cancellationToken)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        AnswerStream? stream = parsed.GetValue(_json) ? null : new AnswerStream(output);
        var text = new StringBuilder();
        List<int> tokens = [];
        string? finish = null;
        var timing = new GenerationTiming();
        try
        {
            await foreach (GeneratedToken token in model.GenerateAsync(request, cancellationToken).ConfigureAwait(false))
            {
                timing.Mark(token);
                tokens.Add(token.Token);
                text.Append(token.Text);
                stream?.Write(token.Text);
                finish = token.FinishReason is { } reason ? JsonNamingPolicy.SnakeCaseLower.ConvertName(reason.ToString()) : null;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            finish = "cancelled";
        }
        stream?.EndLine();
        var report = new GenerateReport
        {
            Text = text.ToString(),
            Tokens = tokens,
            FinishReason = finish ?? throw new InvalidOperationException("The generation ended without a reason."),
            PromptTokens = timing.PromptTokens,
            PrefillTokensPerSecond = timing.PrefillTokensPerSecond,
            DecodeTokensPerSecond = timing.DecodeTokensPerSecond,
            Model = model.Card.Name,
            Backend = model.Card.Backend,
            Device = model.Card.Device,
            Seed = request.Sampling.Temperature > 0 ? request.Sampling.Seed : null,
        };
        if (stream is null)
        {
            JsonOutput.Write(output, report);
        }
        else if (!Console.IsErrorRedirected)
        {
            Console.Error.WriteLine(Summary(report));
        }
        return finish == "cancelled" ? ExitCode.Cancelled : ExitCode.Pass;
    }

    private static string Summary(GenerateReport report)
    {
        string seed = report.Seed is { } value ? $", seed {value}" : "";
        return string.Create(CultureInfo.InvariantCulture,
            $"[{report.Tokens.Count} tokens, {report.DecodeTokensPerSecond:N0} tokens/s, {report.Model} on {report.Backend} ({report.Device}){seed}]");
    }
}
