using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;

namespace Clients.Tests;

/// <summary>OllamaSharp's own calls.</summary>
public sealed class OllamaSharpTests(ShippedModels models) : EmbeddingClientContract(models)
{
    protected override Retry Retry => Retry.Never;

    protected override bool TellsErrorsOfStreams => false;

    protected override bool CancelsAtOnce => false;

    protected override IClient Connect(Uri server) => new Client(new OllamaApiClient(server));

    private sealed class Client(OllamaApiClient library) : IClient
    {
        public async Task<Said> ChatAsync(string model, IReadOnlyList<Turn> conversation, int maxTokens)
        {
            ChatResponseStream? answer = null;
            await foreach (ChatResponseStream? only in library.ChatAsync(Request(model, conversation, maxTokens, stream: false)))
            {
                answer = only;
            }
            return Said(answer?.Message.Content ?? "", answer);
        }

        public async Task<Said> StreamAsync(
            string model, IReadOnlyList<Turn> conversation, int maxTokens, Action<string> piece, int leave, CancellationToken cancellationToken)
        {
            string text = "";
            int pieces = 0;
            ChatResponseStream? last = null;
            await foreach (ChatResponseStream? part in library.ChatAsync(Request(model, conversation, maxTokens, stream: true), cancellationToken))
            {
                last = part;
                if (part?.Message.Content is { Length: > 0 } content)
                {
                    text += content;
                    piece(content);
                    pieces++;
                }
                if (leave > 0 && pieces >= leave)
                {
                    break;
                }
            }
            return Said(text, last);
        }

        public async Task<float[][]> EmbedAsync(string model, IReadOnlyList<string> texts) =>
            [.. (await library.EmbedAsync(new EmbedRequest { Model = model, Input = [.. texts] })).Embeddings];

        public ValueTask DisposeAsync()
        {
            library.Dispose();
            return ValueTask.CompletedTask;
        }

        private static ChatRequest Request(string model, IReadOnlyList<Turn> conversation, int maxTokens, bool stream) => new()
        {
            Model = model,
            Messages = conversation.Select(turn => new Message(new OllamaSharp.Models.Chat.ChatRole(turn.Role), turn.Text)),
            Options = new RequestOptions { NumPredict = maxTokens },
            Stream = stream,
        };

        private static Said Said(string text, ChatResponseStream? last) => new(
            text, (last as ChatDoneResponseStream)?.DoneReason, (last as ChatDoneResponseStream)?.PromptEvalCount, (last as ChatDoneResponseStream)?.EvalCount);
    }
}

/// <summary>OllamaSharp as Microsoft.Extensions.AI's clients.</summary>
public sealed class OllamaSharpExtensionsAITests(ShippedModels models) : EmbeddingClientContract(models)
{
    protected override Retry Retry => Retry.Never;

    protected override bool TellsErrorsOfStreams => false;

    protected override bool CancelsAtOnce => false;

    protected override IClient Connect(Uri server) => new ExtensionsAIClient(model => new OllamaApiClient(server, model), model => new OllamaApiClient(server, model));
}
