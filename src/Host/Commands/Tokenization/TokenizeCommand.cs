using System.CommandLine;
using Engine.Host.Composition;

namespace Engine.Host.Commands.Tokenization;

/// <summary><c>engine tokenize</c>: the ids and pieces of a text, as the model was trained and as llama.cpp splits.</summary>
internal sealed class TokenizeCommand
{
    private readonly Argument<string?> _text = new("TEXT")
    {
        Description = "The text to split. Instead of it: --file or --cases. " + StandardInput.Help,
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly Option<string?> _file = new("--file") { HelpName = "PATH", Description = "Takes the text from a UTF-8 file; - is standard input." };
    private readonly Option<string?> _cases = new("--cases")
    {
        HelpName = "FILE",
        Description = $"Takes many texts, each followed by a line {TestCases.Separator}, and prints one line of ids for each, without special tokens.",
    };

    private readonly Option<bool> _noSpecial = new("--no-special") { Description = "Adds no special tokens (BOS, EOS) around the text." };
    private readonly Option<bool> _parseSpecial = new("--parse-special") { Description = "Reads the text of special tokens, such as <s>, as these tokens. Default: as plain text." };
    private readonly Option<bool> _ids = new("--ids") { Description = "Prints only the ids, separated by blanks, on one line." };
    private readonly Option<string> _color = ChoiceOption.Create("--color", "Colours: 'auto' takes them on a terminal, unless NO_COLOR is set.", "auto", "always", "never");
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document." };
    private readonly Option<string?> _backend = new("--backend")
    {
        HelpName = "NAME",
        Description = $"Uses only this backend's tokenizer: {HostBackends.Names}. Default, without --tokenizer: compares the trained rule with the native tokenizer and the managed one by its rule; exit code 1 if they differ.",
    };

    private readonly ModelOptionGroup _model = new();

    public static Command Create() => new TokenizeCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("tokenize", "Splits a text into tokens: ids and pieces, as trained beside native. Reads only the vocabulary.")
        {
            Examples =
            [
                "engine tokenize \"Hello world\" --model llama.gguf",
                "engine tokenize --file story.txt --ids --backend reference",
                "engine tokenize --cases vocab.gguf.inp --model vocab.gguf --tokenizer native",
            ],
        };
        verb.Add(_text);
        verb.AddGroup("Text", _file, _cases, _noSpecial, _parseSpecial);
        verb.AddGroup("Output", _ids, _color, _json);
        verb.AddGroup("Model", _model.Model, _backend, _model.Tokenizer, _model.Library);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        bool cases = parsed.GetValue(_cases) is not null;
        IReadOnlyList<string> texts = await ReadTextsAsync(parsed, cancellationToken).ConfigureAwait(false);
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        var form = new SplitForm(AddSpecial: !cases && !parsed.GetValue(_noSpecial), parsed.GetValue(_parseSpecial));
        // Tokenizing a long text cannot be cancelled, so it is abandoned.
        TextTokens[] pairs = await Task.Run(async () =>
        {
            await using LoadedTokenizers tokenizers = await LoadedTokenizers.LoadAsync(
                backends, parsed.GetValue(_backend), parsed.GetResult(_model.Tokenizer) is { Implicit: false } ? _model.ReadTokenizer(parsed) : null,
                (backend, rule) => Options(parsed, backend, rule), cancellationToken).ConfigureAwait(false);
            return texts.Select(text => tokenizers.Split(text, form, cancellationToken)).ToArray();
        }, cancellationToken).WaitAsync(cancellationToken).ConfigureAwait(false);

        Write(parsed, pairs, cases);
        foreach (string refusal in pairs.SelectMany(pair => pair.Refusals).Distinct())
        {
            await Console.Error.WriteLineAsync(refusal).ConfigureAwait(false);
        }
        return pairs.Any(pair => pair.FirstDifference is not null) ? ExitCode.Fail
            : pairs.Any(pair => pair.Refusals.Count > 0) ? ExitCode.Unusable
            : ExitCode.Pass;
    }

    private void Write(ParseResult parsed, TextTokens[] pairs, bool cases)
    {
        TextWriter output = parsed.InvocationConfiguration.Output;
        if (parsed.GetValue(_json))
        {
            TokenizeReport[] reports = [.. pairs.Select(TokenizeReport.Of)];
            if (cases)
            {
                JsonOutput.Write(output, new TokenizeCasesReport(reports));
            }
            else
            {
                JsonOutput.Write(output, reports[0]);
            }
        }
        else if (cases || parsed.GetValue(_ids))
        {
            IdLines.Write(output, pairs, cases);
            IdLines.WriteDifferences(Console.Error, pairs);
        }
        else
        {
            TokenTableText.Write(output, pairs[0], parsed.GetValue(_color)!);
        }
    }

    private ModelOptions Options(ParseResult parsed, string backend, TokenizerRule rule) =>
        _model.Read(parsed, backend: backend) with { Device = "cpu", VocabularyOnly = true, Tokenizer = rule };

    private async Task<string?> ReadTextAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        parsed.GetValue(_file) is null && parsed.GetValue(_cases) is null
            ? await StandardInput.TextOrReadAsync(parsed.GetValue(_text), cancellationToken).ConfigureAwait(false)
            : parsed.GetValue(_text);

    private async Task<IReadOnlyList<string>> ReadTextsAsync(ParseResult parsed, CancellationToken cancellationToken) =>
        (await ReadTextAsync(parsed, cancellationToken).ConfigureAwait(false), parsed.GetValue(_file), parsed.GetValue(_cases)) switch
        {
            ({ } text, null, null) => [text],
            (null, { } file, null) => [await TextFile.ReadAsync(file, cancellationToken).ConfigureAwait(false)],
            (null, null, { } file) => TestCases.Split(await TextFile.ReadAsync(file, cancellationToken, option: "--cases", keepsMark: true).ConfigureAwait(false)),
            (null, null, null) => throw new InvalidRequestException("A text is missing: give it as TEXT, through a pipe, with --file PATH or with --cases FILE."),
            _ => throw new InvalidRequestException("Expected one input, found several: give one of TEXT, --file and --cases."),
        };
}
