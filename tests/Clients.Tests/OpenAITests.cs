using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Embeddings;
using OpenAI.Models;

namespace Clients.Tests;

public sealed class OpenAITests(ShippedModels models) : EmbeddingClientContract(models)
{
    private readonly ShippedModels _models = models;

    protected override bool TellsErrorsOfStreams => false;

    protected override IClient Connect(Uri server) => new Client(Library(server));

    [Fact]
    public async Task The_models_are_listed()
    {
        OpenAIModelCollection all = await Library(_models.Address).GetOpenAIModelClient().GetModelsAsync();
        Assert.Equal([ShippedModels.Stories, ShippedModels.Facts], all.Select(model => model.Id));
        OpenAIModel one = await Library(_models.Address).GetOpenAIModelClient().GetModelAsync(ShippedModels.Facts);
        Assert.Equal(ShippedModels.Facts, one.Id);
    }

    /// <summary>The library at a server.</summary>
    internal static OpenAIClient Library(Uri server) => new(new ApiKeyCredential("none"), new OpenAIClientOptions { Endpoint = new Uri(server, "v1") });

    private sealed class Client(OpenAIClient library) : IClient
    {
        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            ChatCompletion answer = await library.GetChatClient(model).CompleteChatAsync(Messages(conversation), Options(maxTokens));
            return Said(Assert.Single(answer.Content).Text, answer.FinishReason, answer.Usage);
        }

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
        {
            string text = "";
            int pieces = 0;
            ChatFinishReason? finish = null;
            ChatTokenUsage? usage = null;
            HashSet<string> ids = [];
            await foreach (StreamingChatCompletionUpdate update in library.GetChatClient(model).CompleteChatStreamingAsync(Messages(conversation), Options(maxTokens), cancellationToken))
            {
                ids.Add(update.CompletionId);
                finish ??= update.FinishReason;
                Assert.False(usage is not null && update.Usage is not null, "usage came twice");
                usage ??= update.Usage;
                foreach (ChatMessageContentPart part in update.ContentUpdate)
                {
                    text += part.Text;
                    piece(part.Text);
                    pieces++;
                }
                if (leave > 0 && pieces >= leave)
                {
                    break;
                }
            }
            Assert.Single(ids);
            return Said(text, finish, usage);
        }

        public async Task<float[][]> EmbedAsync(string model, IReadOnlyList<string> texts)
        {
            OpenAIEmbeddingCollection all = await library.GetEmbeddingClient(model).GenerateEmbeddingsAsync(texts);
            return [.. all.Select(embedding => embedding.ToFloats().ToArray())];
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private static ChatCompletionOptions Options(int maxTokens) => new() { MaxOutputTokenCount = maxTokens };

        private static ChatMessage[] Messages(IReadOnlyList<Turn> conversation) => [.. conversation.Select<Turn, ChatMessage>(turn => turn.Role switch
        {
            "system" => new SystemChatMessage(turn.Text),
            "assistant" => new AssistantChatMessage(turn.Text),
            _ => new UserChatMessage(turn.Text),
        })];

        // The enumeration's names are OpenAI's words in capitals.
        private static Said Said(string text, ChatFinishReason? finish, ChatTokenUsage? usage) =>
            new(text, finish?.ToString().ToLowerInvariant(), usage?.InputTokenCount, usage?.OutputTokenCount);
    }
}
