using System.Text.Json;
using Engine.Api.Answers;
using Engine.Api.Endpoints;
using Engine.Api.Requests;
using Microsoft.AspNetCore.Http;

namespace Engine.Api.Texts;

/// <summary><c>POST /v1/score</c>: the log-probabilities of given texts, token by token.</summary>
internal sealed class ScoreEndpoint(ModelCalls calls)
{
    /// <summary>The maximum number of log-probabilities in one response: it is held in memory until it is sent.</summary>
    private const long MaxNumbers = 1_000_000;

    public async Task HandleAsync(HttpContext context)
    {
        ScoringRequest request = await JsonBody.ReadAsync(context, TextsJson.Api.ScoringRequest).ConfigureAwait(false);
        IReadOnlyList<(Prompt Input, Prompt? Source)> inputs = request.Inputs();
        (int top, Numerics numerics) = (request.Top(), request.ReadNumerics());
        Scoring answer = await calls.RunAsync(context, request.Model, call => ScoreAsync(call, inputs, top, numerics)).ConfigureAwait(false);
        await Errors.WriteJsonAsync(context, JsonSerializer.SerializeToUtf8Bytes(answer, TextsJson.Api.Scoring)).ConfigureAwait(false);
    }

    private static async Task<Scoring> ScoreAsync(ModelCall call, IReadOnlyList<(Prompt Input, Prompt? Source)> inputs, int top, Numerics numerics)
    {
        ITokenizer tokenizer = call.Model.Tokenizer;
        if (call.Model.Card.Capabilities.HasFlag(ModelCapabilities.Source) && inputs.Any(one => one.Source is null))
        {
            throw Check.Wrong("source", "the text that 'input' answers (the model is an encoder–decoder)", "none");
        }
        (IReadOnlyList<int> Tokens, IReadOnlyList<int>? Source)[] ids = await Task.Run(
            () => inputs.Select(one => (Ids(one.Input), one.Source is { } source ? call.Check(source, "source").ToTokens(tokenizer) : null)).ToArray(), call.Ended).WaitAsync(call.Ended).ConfigureAwait(false);
        long numbers = ids.Sum(one => (long)one.Tokens.Count) * (1 + top);
        if (numbers > MaxNumbers)
        {
            throw ApiException.Invalid($"Scoring {inputs.Count} inputs: expected at most {MaxNumbers} log-probabilities in one answer, found {numbers}. Send fewer inputs at a time"
                + (top > 0 ? ", or ask for fewer 'top_logprobs'." : "."), "input");
        }
        var texts = new List<ScoredText>(ids.Length);
        foreach ((IReadOnlyList<int> tokens, IReadOnlyList<int>? source) in ids)
        {
            var request = new ScoreRequest
            {
                Tokens = Prompt.FromTokens(tokens),
                Source = source is null ? null : Prompt.FromTokens(source),
                Numerics = numerics,
                Deadline = call.Left(),
            };
            texts.Add(Text(texts.Count, tokens, await TokenScores.OfAsync(call.Model, request, top, call.Ended).ConfigureAwait(false)));
        }
        int read = ids.Sum(one => one.Tokens.Count + (one.Source?.Count ?? 0));
        return new Scoring("list", call.Name, JsonNamingPolicy.SnakeCaseLower.ConvertName(numerics.ToString()), texts, new ScoringUsage(read, read));

        // An encoder–decoder's target begins with a special start token, which a text does not contain.
        IReadOnlyList<int> Ids(Prompt input) => call.Check(input.Text is { } text && call.Model.Card.DecoderStartToken is { } start
            ? Prompt.FromTokens([start, .. tokenizer.Encode(text, addSpecial: false)]) : input, "input").ToTokens(tokenizer);

        ScoredText Text(int index, IReadOnlyList<int> tokens, IReadOnlyList<ScoredToken> scores)
        {
            double sum = scores.Sum(score => (double)score.LogProbability);
            double perplexity = Math.Exp(-sum / scores.Count);
            return new ScoredText(
                index, tokens, call.Model.Card.HasVocabulary ? [.. tokens.Select(tokenizer.GetPiece)] : null,
                [null, .. scores.Select(score => (double?)score.LogProbability)],
                top == 0 ? null : [null, .. scores.Select(score => score.Top.Select(Probable).ToArray())],
                scores.Count, sum, double.IsFinite(perplexity) ? perplexity : null);
        }

        ProbableToken Probable(TokenLogProbability token) =>
            new(token.Token, call.Model.Card.HasVocabulary ? tokenizer.GetPiece(token.Token) : null, token.LogProbability);
    }
}
