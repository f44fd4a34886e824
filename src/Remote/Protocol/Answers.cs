namespace Engine.Remote.Protocol;

/// <summary>Results of the contract as parts of answers, and back.</summary>
internal static class Answers
{
    public static TokenPart Of(GeneratedToken token)
    {
        var part = new TokenPart
        {
            Token = token.Token,
            Text = token.Text,
            Index = token.Index,
            PromptTokens = token.PromptTokens,
            CachedTokens = token.CachedTokens,
            Elapsed = token.Elapsed.Ticks,
            TopK = token.TopK is { } top ? Of(top) : null,
        };
        if (token.Logits is { } logits)
        {
            part.Logits = FloatBytes.Wrap(logits);
        }
        if (token.LogProbability is { } probability)
        {
            part.LogProbability = probability;
        }
        if (token.FinishReason is { } reason)
        {
            part.FinishReason = (int)reason;
        }
        if (token.StopText is { } stop)
        {
            part.StopText = stop;
        }
        return part;
    }

    public static GeneratedToken Of(TokenPart part) => new()
    {
        Token = part.Token,
        Text = part.Text,
        Index = part.Index,
        PromptTokens = part.PromptTokens,
        CachedTokens = part.CachedTokens,
        Elapsed = new TimeSpan(part.Elapsed),
        Logits = part.HasLogits ? FloatBytes.Read(part.Logits) : null,
        TopK = part.TopK is { } top ? Of(top) : null,
        LogProbability = part.HasLogProbability ? part.LogProbability : null,
        FinishReason = part.HasFinishReason ? (FinishReason)part.FinishReason : null,
        StopText = part.HasStopText ? part.StopText : null,
    };

    public static TopTokens Of(IReadOnlyList<TokenLogProbability> top)
    {
        var tokens = new TopTokens();
        foreach ((int token, float probability) in top)
        {
            tokens.Tokens.Add(token);
            tokens.LogProbabilities.Add(probability);
        }
        return tokens;
    }

    /// <exception cref="ProtocolFault">The two lists differ in length.</exception>
    public static IReadOnlyList<TokenLogProbability> Of(TopTokens top) =>
        top.Tokens.Count == top.LogProbabilities.Count
            ? [.. top.Tokens.Zip(top.LogProbabilities, (token, probability) => new TokenLogProbability(token, probability))]
            : throw new ProtocolFault($"a log-probability for each of {top.Tokens.Count} tokens", $"{top.LogProbabilities.Count}");

    public static ActivationHead HeadOf(Activation activation)
    {
        var head = new ActivationHead
        {
            Name = activation.Name,
            Operation = activation.Operation,
            Occurrence = activation.Occurrence,
            Shape = { activation.Shape },
            Count = activation.Values.LongLength,
        };
        if (activation.Part is { } part)
        {
            head.Part = part;
        }
        return head;
    }

    public static Activation ActivationOf(ActivationHead head, float[] values) =>
        new(head.Name, head.Operation, head.Occurrence, [.. head.Shape], values) { Part = head.HasPart ? head.Part : null };
}
