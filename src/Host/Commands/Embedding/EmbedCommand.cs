using System.CommandLine;

namespace Engine.Host.Commands.Embedding;

/// <summary><c>engine embed</c>: texts as vectors.</summary>
internal sealed class EmbedCommand
{
    private const string FilesOwn = "auto";

    private readonly EmbedInputs _inputs = new();
    private readonly Option<string> _pooling = ChoiceOption.Create(
        "--pooling", "How the rows of the tokens become one: 'auto' uses the file's setting, or the mean if it has none; none leaves a row per token; rank gives the scores of the file's classifier.",
        [FilesOwn, .. Enum.GetNames<Pooling>().Select(name => name.ToLowerInvariant())]);

    private readonly Option<bool> _normalize = new("--normalize") { Description = "Divides each row by its length, so that products are cosines." };
    private readonly Option<bool> _json = new("--json") { Description = "Prints one JSON document, with all the numbers." };
    private readonly HeadOptionGroup _heads = new();
    private readonly ReferenceOptionGroup _reference = new(Numerics.Production);
    private readonly ModelOptionGroup _model = new();

    public static Command Create() => new EmbedCommand().CreateVerb();

    private Verb CreateVerb()
    {
        var verb = new Verb("embed", "Turns texts into vectors.")
        {
            Examples =
            [
                "engine embed \"a cat\" \"a dog\" --model bert.gguf --normalize",
                "engine embed --file texts.txt --lines --model bert.gguf --json",
                "engine embed \"Where is the [MASK]?\" --head mask --model bert.gguf",
                "engine embed \"Is it far?\" --pair \"10 miles.\" --backend reference",
            ],
        };
        _inputs.AddTo(verb);
        verb.AddGroup("Embedding", _pooling, _normalize, _reference.Numerics, _json);
        _heads.AddTo(verb);
        _model.AddTo(verb);
        verb.SetAction(RunAsync);
        return verb;
    }

    private async Task<int> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        IReadOnlyList<EmbedInput> inputs = await _inputs.ReadAsync(parsed, cancellationToken).ConfigureAwait(false);
        bool asksHead = _heads.IsGiven(parsed);
        if (asksHead && (parsed.GetValue(_normalize) || parsed.GetValue(_pooling) != FilesOwn))
        {
            throw new InvalidRequestException("--head: expected neither --pooling nor --normalize with it, because a head takes the rows as they are. Leave them out.");
        }
        ModelOptions options = _model.Read(parsed);
        await using var backends = new Backends(parsed.GetValue(CommandPath.Verbose));
        IModel model = await backends.LoadAsync(options, cancellationToken).ConfigureAwait(false);
        await using (model.ConfigureAwait(false))
        {
            bool json = parsed.GetValue(_json);
            if (asksHead)
            {
                await _heads.AnswerAsync(model, inputs, parsed, json, _reference.ReadNumerics(parsed), cancellationToken).ConfigureAwait(false);
                return ExitCode.Pass;
            }
            EmbedReport report = await EmbedAsync(model, inputs, parsed, cancellationToken).ConfigureAwait(false);
            TextWriter output = parsed.InvocationConfiguration.Output;
            if (json)
            {
                JsonOutput.Write(output, report);
            }
            else
            {
                EmbedText.Write(output, report, inputs, model);
            }
            return ExitCode.Pass;
        }
    }

    private async Task<EmbedReport> EmbedAsync(IModel model, IReadOnlyList<EmbedInput> inputs, ParseResult parsed, CancellationToken cancellationToken)
    {
        string pooling = parsed.GetValue(_pooling)!;
        var request = new EmbedRequest
        {
            Inputs = [.. inputs.Select(input => input.ToPrompt())],
            Pooling = pooling == FilesOwn ? model.Card.Pooling ?? Pooling.Mean : Enum.Parse<Pooling>(pooling, ignoreCase: true),
            Normalize = parsed.GetValue(_normalize),
            Numerics = _reference.ReadNumerics(parsed),
        };
        Embeddings embeddings = await model.EmbedAsync(request, cancellationToken).ConfigureAwait(false);
        return new EmbedReport
        {
            Embeddings = embeddings.Rows,
            Pooling = embeddings.Pooling,
            Dimensions = embeddings.Dimensions,
            Normalized = request.Normalize,
            Tokens = [.. request.Inputs.Select(input => input.ToTokens(model.Tokenizer))],
            Model = model.Card.Name,
            Backend = model.Card.Backend,
            Device = model.Card.Device,
        };
    }
}
