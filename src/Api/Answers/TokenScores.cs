using Engine.Parity;
using Engine.Sampling;

namespace Engine.Api.Answers;

/// <summary>What a model makes of given tokens.</summary>
internal static class TokenScores
{
    /// <summary>The log-probability of each token but the first, given those before it.</summary>
    /// <param name="model">The model.</param>
    /// <param name="request">The tokens, as ids; the form of the result is chosen here.</param>
    /// <param name="top">How many of the most probable tokens come with each; 0 for none.</param>
    /// <param name="cancellationToken">Cancels the scoring.</param>
    /// <exception cref="EngineException">The model refused the request.</exception>
    public static async Task<IReadOnlyList<ScoredToken>> OfAsync(IModel model, ScoreRequest request, int top, CancellationToken cancellationToken)
    {
        IReadOnlyList<int> tokens = request.Tokens.Tokens!;
        var scored = new List<ScoredToken>(tokens.Count);
        // The other forms have either the token's own probability or the most probable ones.
        request = top == 0 || tokens.Count < 2
            ? request with { Form = ScoreForm.TargetLogProbability }
            : request with { Form = ScoreForm.Logits, PositionCount = tokens.Count - 1, BlockRows = RowReader.BlockRows(model.Card.VocabularySize) };
        await foreach (ScoreBlock block in model.ScoreAsync(request, cancellationToken).ConfigureAwait(false))
        {
            for (int row = 0; row < block.Rows; row++)
            {
                int token = tokens[block.FirstPosition + row + 1];
                if (block.TargetLogProbabilities is { } own)
                {
                    scored.Add(new ScoredToken(own[row], []));
                }
                else
                {
                    (TokenLogProbability[] most, float of) = LogitRow.Probabilities(block.Row(row), top, token);
                    scored.Add(new ScoredToken(of, most));
                }
            }
        }
        return scored;
    }
}

/// <summary>A scored token.</summary>
/// <param name="LogProbability">ln of its probability.</param>
/// <param name="Top">The most probable tokens in its place.</param>
internal readonly record struct ScoredToken(float LogProbability, IReadOnlyList<TokenLogProbability> Top);
