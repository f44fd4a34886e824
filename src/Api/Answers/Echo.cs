using System.Runtime.CompilerServices;
using Engine.Api.Requests;
using Engine.Generation;

namespace Engine.Api.Answers;

/// <summary>Prompts at the beginning of their answers, as tokens of index −1: they count as the prompt's, and everything else treats them as
/// the answer's.</summary>
internal static class Echo
{
    /// <summary>The tokens of a request's answers, each preceded by its prompt; the prompts alone if no tokens are requested.</summary>
    /// <param name="running">The request's generations.</param>
    /// <param name="cancellationToken">Cancels it.</param>
    /// <exception cref="ApiException">The model's answers do not continue its prompts.</exception>
    public static async IAsyncEnumerable<(int Answer, GeneratedToken Token)> BeforeAsync(RunningGenerations running, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        if (running.Model.Card.Capabilities.HasFlag(ModelCapabilities.Source))
        {
            throw ApiException.Invalid(
                $"Reading the field 'echo': '{running.Name}' is an encoder–decoder, whose answers do not continue their prompts. Leave the field out.", "echo");
        }
        bool alone = running.Settings.MaxTokens == 0;
        for (int first = 0; first < running.Requests.Count; first += running.Settings.Answers)
        {
            IReadOnlyList<GeneratedToken> prompt = await OfAsync(running, running.Requests[first], cancellationToken).ConfigureAwait(false);
            for (int answer = first; answer < first + running.Settings.Answers; answer++)
            {
                for (int i = 0; i < prompt.Count; i++)
                {
                    yield return (answer, alone && i == prompt.Count - 1 ? prompt[i] with { FinishReason = FinishReason.MaxTokens } : prompt[i]);
                }
            }
        }
        if (!alone)
        {
            await foreach ((int, GeneratedToken) token in running.Tokens.WithCancellation(cancellationToken).ConfigureAwait(false))
            {
                yield return token;
            }
        }
    }

    private static async Task<IReadOnlyList<GeneratedToken>> OfAsync(RunningGenerations running, GenerateRequest request, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> tokens = request.Prompt.ToTokens(running.Model.Tokenizer);
        if (tokens.Count == 0)
        {
            throw new EmptyPromptException($"Echoing a prompt of '{running.Name}': expected at least one token, found none. Send some text.");
        }
        string text = request.Prompt.Text ?? running.Model.Tokenizer.Decode(tokens);
        if (running.Settings.TopLogprobs is not { } top)
        {
            return [Token(0, text)];
        }
        var score = new ScoreRequest { Tokens = Prompt.FromTokens(tokens), Deadline = request.Deadline };
        IReadOnlyList<ScoredToken> scores = tokens.Count == 1 ? [] : await TokenScores.OfAsync(running.Model, score, top, cancellationToken).ConfigureAwait(false);
        return [.. Pieces(tokens, text, running.Model.Tokenizer).Select((piece, i) => i == 0 ? Token(0, piece)
            : Token(i, piece) with { LogProbability = scores[i - 1].LogProbability, TopK = scores[i - 1].Top })];

        GeneratedToken Token(int i, string piece) => new() { Token = tokens[i], Text = piece, Index = -1, PromptTokens = tokens.Count };
    }

    /// <summary>A text cut where its tokens end.</summary>
    private static string[] Pieces(IReadOnlyList<int> tokens, string text, ITokenizer tokenizer)
    {
        var assembler = new TextAssembler([]);
        string[] pieces = [.. tokens.Select(token => assembler.Append(tokenizer.GetBytes(token).Span))];
        pieces[^1] += assembler.Finish();
        // The first token of a text may decode to a leading space that the text does not have.
        int surplus = pieces.Sum(piece => piece.Length) - text.Length;
        for (int i = 0; i < pieces.Length && surplus > 0; i++)
        {
            int cut = Math.Min(surplus, pieces[i].Length - pieces[i].AsSpan().TrimStart(' ').Length);
            pieces[i] = pieces[i][cut..];
            surplus = pieces[i].Length > 0 ? 0 : surplus - cut;
        }
        return pieces;
    }
}
