using System.CommandLine;

namespace Engine.Host.Commands.Embedding;

/// <summary>The arguments and options that say what is to be embedded.</summary>
internal sealed class EmbedInputs
{
    private readonly Argument<string[]> _texts = new("TEXT")
    {
        HelpName = "TEXT…",
        Description = "The texts, each embedded on its own. Instead of them: --file or --tokens. " + StandardInput.Help,
        Arity = ArgumentArity.ZeroOrMore,
    };

    private readonly Option<string?> _file = new("--file") { HelpName = "PATH", Description = "Takes the text from a UTF-8 file; - is standard input." };
    private readonly Option<bool> _lines = new("--lines") { Description = "Each line of --file, or of standard input, is a separate text; empty ones are left out." };
    private readonly Option<int[]?> _tokens = TokenIds.CreateOption("Takes the input as token ids, such as 101,7592,102; nothing is added to them.");
    private readonly Option<string?> _pair = new("--pair")
    {
        HelpName = "SECOND",
        Description = "Makes TEXT the first of two sentences, as BERT reads them; this one is of segment 1.",
    };

    public void AddTo(Verb verb)
    {
        verb.Add(_texts);
        verb.AddGroup("Input", _pair, _file, _lines, _tokens);
    }

    /// <summary>What was given, in order.</summary>
    /// <exception cref="InvalidRequestException">Nothing, too much, or an invalid combination.</exception>
    public async Task<IReadOnlyList<EmbedInput>> ReadAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        string[] texts = parsed.GetValue(_texts) ?? [];
        string? file = parsed.GetValue(_file);
        int[]? tokens = TokenIds.Read(parsed, _tokens);
        string? pair = parsed.GetValue(_pair);
        bool isPiped = file is null && tokens is null && texts is [] or [StandardInput.Name];
        if (isPiped)
        {
            texts = await StandardInput.TextOrReadAsync(texts.FirstOrDefault(), cancellationToken).ConfigureAwait(false) is { } text ? [text] : [];
        }
        int forms = (texts.Length > 0 ? 1 : 0) + (file is null ? 0 : 1) + (tokens is null ? 0 : 1);
        if (forms != 1)
        {
            throw new InvalidRequestException(forms == 0
                ? "A text is missing: give it as TEXT, through a pipe, with --file PATH or with --tokens IDS."
                : "Expected one kind of input, found several: give one of TEXT, --file and --tokens.");
        }
        if (parsed.GetValue(_lines) && file is null && !isPiped)
        {
            throw new InvalidRequestException("--lines: expected a text from --file PATH or standard input, found none. Give one, or leave --lines out.");
        }
        if (tokens is not null)
        {
            Refuse(pair is not null, "--pair: expected a TEXT as its first sentence, found --tokens.");
            return [new EmbedInput(null, null, tokens)];
        }
        if (file is not null)
        {
            texts = [await TextFile.ReadAsync(file, cancellationToken).ConfigureAwait(false)];
        }
        if (parsed.GetValue(_lines))
        {
            texts = [.. texts[0].ReplaceLineEndings("\n").Split('\n').Where(line => line.Length > 0)];
            Refuse(texts.Length == 0, $"--lines: expected a line of text in {(file is null ? "standard input" : $"'{file}'")}, found none.");
        }
        Refuse(pair is not null && texts.Length != 1, $"--pair: expected one TEXT as its first sentence, found {texts.Length}.");
        return [.. texts.Select(text => new EmbedInput(text, pair, null))];
    }

    private static void Refuse(bool condition, string sentence)
    {
        if (condition)
        {
            throw new InvalidRequestException(sentence);
        }
    }
}

/// <summary>One input: a text, maybe with its second sentence, or token ids.</summary>
internal sealed record EmbedInput(string? Text, string? Pair, int[]? Tokens)
{
    public Prompt ToPrompt() => Tokens is not null ? Prompt.FromTokens(Tokens) : Pair is not null ? Prompt.FromPair(Text!, Pair) : Prompt.FromText(Text!);

    /// <summary>For people to read.</summary>
    public string Describe() => Tokens is not null ? "token ids" : Pair is not null ? $"\"{Text}\" / \"{Pair}\"" : $"\"{Text}\"";
}
