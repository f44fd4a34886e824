using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;

namespace Clients.Tests;

public sealed class SemanticKernelTests(ShippedModels models) : EmbeddingClientContract(models)
{
    protected override bool TellsErrorsOfStreams => false;

    protected override Retry Retry => Retry.Never;

    protected override IClient Connect(Uri server) => new Client(server);

    private sealed class Client(Uri server) : IClient
    {
        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            ChatMessageContent answer = await Chat(model).GetChatMessageContentAsync(History(conversation), Options(maxTokens));
            return Said(answer.Content ?? "", answer.Metadata!["FinishReason"], answer.Metadata["Usage"]);
        }

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
        {
            string text = "";
            int pieces = 0;
            object? finish = null, usage = null;
            await foreach (StreamingChatMessageContent update in Chat(model).GetStreamingChatMessageContentsAsync(History(conversation), Options(maxTokens), cancellationToken: cancellationToken))
            {
                finish ??= update.Metadata?.GetValueOrDefault("FinishReason");
                usage ??= update.Metadata?.GetValueOrDefault("Usage");
                if (!string.IsNullOrEmpty(update.Content))
                {
                    text += update.Content;
                    piece(update.Content);
                    pieces++;
                }
                if (leave > 0 && pieces >= leave)
                {
                    break;
                }
            }
            return Said(text, finish, usage);
        }

        public async Task<float[][]> EmbedAsync(string model, IReadOnlyList<string> texts)
        {
            Kernel kernel = Kernel.CreateBuilder().AddOpenAIEmbeddingGenerator(model, OpenAITests.Library(server)).Build();
            var embeddings = await kernel.GetRequiredService<IEmbeddingGenerator<string, Embedding<float>>>().GenerateAsync(texts);
            return [.. embeddings.Select(embedding => embedding.Vector.ToArray())];
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private IChatCompletionService Chat(string model) => Kernel.CreateBuilder().AddOpenAIChatCompletion(model, new Uri(server, "v1"), "none").Build().GetRequiredService<IChatCompletionService>();

        private static OpenAIPromptExecutionSettings Options(int maxTokens) => new() { MaxTokens = maxTokens };

        private static ChatHistory History(IReadOnlyList<Turn> conversation) =>
            [.. conversation.Select(turn => new ChatMessageContent(new AuthorRole(turn.Role), turn.Text))];

        private static Said Said(string text, object? finish, object? usage) => new(
            text, finish?.ToString()?.ToLowerInvariant(), (usage as OpenAI.Chat.ChatTokenUsage)?.InputTokenCount, (usage as OpenAI.Chat.ChatTokenUsage)?.OutputTokenCount);
    }
}
