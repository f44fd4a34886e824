using System.Text;

namespace Engine.Api.Answers;

/// <summary>One whole answer.</summary>
/// <param name="Text">Its text.</param>
/// <param name="Tokens">Its tokens.</param>
internal sealed record Answer(string Text, IReadOnlyList<GeneratedToken> Tokens)
{
    /// <summary>The last token, which says why there are no more; null for an answer without tokens.</summary>
    public GeneratedToken? Last => Tokens.Count > 0 ? Tokens[^1] : null;

    /// <summary>Waits for all answers of a request.</summary>
    /// <param name="tokens">Each token with the number of its answer.</param>
    /// <param name="count">How many answers there are.</param>
    public static async Task<IReadOnlyList<Answer>> CollectAsync(IAsyncEnumerable<(int Answer, GeneratedToken Token)> tokens, int count)
    {
        var texts = new StringBuilder[count];
        var each = new List<GeneratedToken>[count];
        for (int i = 0; i < count; i++)
        {
            (texts[i], each[i]) = (new StringBuilder(), []);
        }
        await foreach ((int answer, GeneratedToken token) in tokens.ConfigureAwait(false))
        {
            texts[answer].Append(token.Text);
            each[answer].Add(token);
        }
        return [.. texts.Zip(each, (text, list) => new Answer(text.ToString(), list))];
    }
}
