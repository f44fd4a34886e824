namespace Clients.Tests;

/// <summary>A client library, called as its users call it.</summary>
public interface IClient : IAsyncDisposable
{
    /// <summary>Asks for a whole answer.</summary>
    Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens);

    /// <summary>Asks for an answer in pieces.</summary>
    /// <param name="model">The model's name.</param>
    /// <param name="conversation">What was said.</param>
    /// <param name="maxTokens">The maximum number of tokens.</param>
    /// <param name="piece">Gets each piece of the text that is not empty.</param>
    /// <param name="leave">After how many pieces the reading loop is left; 0 to read to the end.</param>
    /// <param name="cancellationToken">The client's own way to cancel.</param>
    Task<Said> StreamAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave = 0, CancellationToken cancellationToken = default);

    /// <summary>The vectors of texts, in order.</summary>
    Task<float[][]> EmbedAsync(string model, IReadOnlyList<string> texts) => throw new NotSupportedException("The library has no embeddings.");
}

/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Text">What was said.</param>
public sealed record Turn(string Role, string Text);

/// <summary>What a client tells its user of an answer.</summary>
/// <param name="Text">The text.</param>
/// <param name="Finish">Why it ended, in the client's word.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="AnswerTokens">Tokens of the answer.</param>
public sealed record Said(string Text, string? Finish, long? PromptTokens, long? AnswerTokens);
