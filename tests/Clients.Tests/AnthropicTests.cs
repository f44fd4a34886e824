using Anthropic;
using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Clients.Tests;

/// <summary>Anthropic's own calls.</summary>
public sealed class AnthropicTests(ShippedModels models) : ClientContract(models)
{
    private readonly ShippedModels _models = models;

    protected override string LimitReached => "max_tokens";

    protected override IClient Connect(Uri server) => new Client(Library(server));

    [Fact]
    public async Task The_tokens_of_a_prompt_are_counted_as_its_answer_counts_them()
    {
        using AnthropicClient library = Library(_models.Address);
        MessageTokensCount counted = await library.Messages.CountTokens(
            new MessageCountTokensParams { Model = ShippedModels.Stories, Messages = [new UserMessageParam { Content = "Tell me a story." }] });
        await using IClient client = Connect(_models.Address);
        Said said = await client.ChatAsync(ShippedModels.Stories, [new("user", "Tell me a story.")], 1);
        Assert.Equal(said.PromptTokens, counted.InputTokens);
    }

    internal static AnthropicClient Library(Uri server) => new() { BaseUrl = server.ToString().TrimEnd('/'), ApiKey = "none" };

    private sealed class Client(AnthropicClient library) : IClient
    {
        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            Message answer = await library.Messages.Create(Request(model, conversation, maxTokens));
            string text = string.Concat(answer.Content.Select(block => block.Value).OfType<TextBlock>().Select(block => block.Text));
            return new Said(text, answer.StopReason?.Raw(), Prompt(answer.Usage), answer.Usage.OutputTokens);
        }

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
        {
            string text = "";
            string? finish = null;
            int pieces = 0;
            long? prompt = null, answer = null;
            await foreach (RawMessageStreamEvent update in library.Messages.CreateStreaming(Request(model, conversation, maxTokens), cancellationToken))
            {
                if (update.TryPickStart(out RawMessageStartEvent? start))
                {
                    prompt = Prompt(start.Message.Usage);
                }
                else if (update.TryPickDelta(out RawMessageDeltaEvent? end))
                {
                    finish = end.Delta.StopReason?.Raw();
                    answer = end.Usage.OutputTokens;
                }
                else if (update.TryPickContentBlockDelta(out RawContentBlockDeltaEvent? delta) && delta.Delta.TryPickText(out TextDelta? part))
                {
                    text += part.Text;
                    piece(part.Text);
                    if (++pieces == leave)
                    {
                        break;
                    }
                }
            }
            return new Said(text, finish, prompt, answer);
        }

        public ValueTask DisposeAsync()
        {
            library.Dispose();
            return ValueTask.CompletedTask;
        }

        // What was not evaluated again stands apart.
        private static long Prompt(Usage usage) => usage.InputTokens + (usage.CacheReadInputTokens ?? 0);

        private static MessageCreateParams Request(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            var request = new MessageCreateParams
            {
                Model = model,
                MaxTokens = maxTokens,
                Messages = [.. conversation.Where(turn => turn.Role != "system")
                    .Select(turn => turn.Role == "user" ? (MessageParam)new UserMessageParam { Content = turn.Text } : new AssistantMessageParam { Content = turn.Text })],
            };
            return conversation.FirstOrDefault(turn => turn.Role == "system") is { } system ? request with { System = system.Text } : request;
        }
    }
}

/// <summary>Anthropic's library as Microsoft.Extensions.AI's client.</summary>
public sealed class AnthropicExtensionsAITests(ShippedModels models) : ClientContract(models)
{
    protected override IClient Connect(Uri server) => new ExtensionsAIClient(model => AnthropicTests.Library(server).AsIChatClient(model));
}
