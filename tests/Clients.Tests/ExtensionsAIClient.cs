using Microsoft.Extensions.AI;

namespace Clients.Tests;

/// <summary>Any library's <see cref="IChatClient"/>.</summary>
/// <param name="chat">Makes the client of a model.</param>
/// <param name="embed">Makes the generator of a model; null if the library has none.</param>
internal sealed class ExtensionsAIClient(Func<string, IChatClient> chat, Func<string, IEmbeddingGenerator<string, Embedding<float>>>? embed = null) : IClient
{
    public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens)
    {
        using IChatClient client = chat(model);
        return Said(await client.GetResponseAsync(Messages(conversation), new ChatOptions { MaxOutputTokens = maxTokens }));
    }

    public async Task<Said> StreamAsync(
        string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
    {
        using IChatClient client = chat(model);
        List<ChatResponseUpdate> updates = [];
        int pieces = 0;
        await foreach (ChatResponseUpdate update in client.GetStreamingResponseAsync(Messages(conversation), new ChatOptions { MaxOutputTokens = maxTokens }, cancellationToken))
        {
            updates.Add(update);
            if (update.Text.Length > 0)
            {
                piece(update.Text);
                pieces++;
            }
            if (leave > 0 && pieces >= leave)
            {
                break;
            }
        }
        return Said(updates.ToChatResponse());
    }

    public async Task<float[][]> EmbedAsync(string model, IReadOnlyList<string> texts)
    {
        using IEmbeddingGenerator<string, Embedding<float>> generator = embed!(model);
        return [.. (await generator.GenerateAsync(texts)).Select(embedding => embedding.Vector.ToArray())];
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>The conversation in the library's types.</summary>
    internal static ChatMessage[] Messages(IReadOnlyList<Turn> conversation) => [.. conversation.Select(turn => new ChatMessage(new ChatRole(turn.Role), turn.Text))];

    /// <summary>What a response says; it is one message.</summary>
    internal static Said Said(ChatResponse response)
    {
        Assert.Single(response.Messages);
        return new Said(response.Text, response.FinishReason?.Value, response.Usage?.InputTokenCount, response.Usage?.OutputTokenCount);
    }
}
