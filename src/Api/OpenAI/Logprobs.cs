namespace Engine.Api.OpenAI;

/// <summary>Log-probabilities of generated tokens, in OpenAI's two forms.</summary>
/// <param name="tokenizer">Gives the tokens' texts.</param>
/// <param name="top">The number of most probable tokens to return with each token.</param>
internal sealed class Logprobs(ITokenizer tokenizer, int top)
{
    /// <summary>In the form of a chat completion.</summary>
    public ChatLogprobs Chat(IEnumerable<GeneratedToken> tokens) => new(
        [.. tokens.Select(token => new TokenLogprob(
            tokenizer.GetPiece(token.Token), token.LogProbability ?? 0, Bytes(token.Token),
            [.. Top(token).Select(other => new TopLogprob(tokenizer.GetPiece(other.Token), other.LogProbability, Bytes(other.Token)))]))], null);

    /// <summary>In the form of a completion.</summary>
    /// <param name="tokens">The tokens.</param>
    /// <param name="offset">Where the first of them begins in the text; afterwards, where the next one will.</param>
    public CompletionLogprobs Completion(IReadOnlyList<GeneratedToken> tokens, ref int offset)
    {
        var offsets = new int[tokens.Count];
        for (int i = 0; i < tokens.Count; i++)
        {
            offsets[i] = offset;
            offset += tokens[i].Text.Length;
        }
        return new CompletionLogprobs(
            [.. tokens.Select(token => tokenizer.GetPiece(token.Token))], [.. tokens.Select(token => (double?)token.LogProbability)],
            [.. tokens.Select(token => token.LogProbability is null ? null : Named(Top(token)))], offsets);
    }

    // Two tokens may have the same text: the more probable one wins.
    private Dictionary<string, double> Named(IEnumerable<TokenLogProbability> tokens)
    {
        var named = new Dictionary<string, double>();
        foreach (TokenLogProbability token in tokens)
        {
            named.TryAdd(tokenizer.GetPiece(token.Token), token.LogProbability);
        }
        return named;
    }

    private IEnumerable<TokenLogProbability> Top(GeneratedToken token) => (token.TopK ?? []).Take(top);

    private int[] Bytes(int token) => [.. tokenizer.GetBytes(token).ToArray().Select(b => (int)b)];
}
