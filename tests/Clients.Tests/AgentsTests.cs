using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace Clients.Tests;

public sealed class AgentsTests(ShippedModels models) : ClientContract(models)
{
    protected override bool TellsErrorsOfStreams => false;

    protected override IClient Connect(Uri server) => new Client(server);

    private sealed class Client(Uri server) : IClient
    {
        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            AgentResponse answer = await Agent(model, conversation).RunAsync(Rest(conversation), options: Options(maxTokens));
            return ExtensionsAIClient.Said(answer.AsChatResponse());
        }

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
        {
            List<AgentResponseUpdate> updates = [];
            int pieces = 0;
            await foreach (AgentResponseUpdate update in Agent(model, conversation).RunStreamingAsync(Rest(conversation), options: Options(maxTokens), cancellationToken: cancellationToken))
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
            return ExtensionsAIClient.Said(updates.Select(update => update.AsChatResponseUpdate()).ToChatResponse());
        }

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;

        private ChatClientAgent Agent(string model, IReadOnlyList<Turn> conversation) => new(
            OpenAITests.Library(server).GetChatClient(model).AsIChatClient(), conversation.FirstOrDefault(turn => turn.Role == "system")?.Text);

        private static ChatMessage[] Rest(IReadOnlyList<Turn> conversation) => ExtensionsAIClient.Messages([.. conversation.Where(turn => turn.Role != "system")]);

        private static ChatClientAgentRunOptions Options(int maxTokens) => new(new ChatOptions { MaxOutputTokens = maxTokens });
    }
}
