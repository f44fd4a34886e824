using OllamaSharp;
using OllamaSharp.Models;
using OllamaSharp.Models.Chat;

namespace Clients.Tests;

/// <summary>OllamaSharp's own calls.</summary>
public sealed class OllamaSharpTests(ShippedModels models) : EmbeddingClientContract(models)
{
    private readonly ShippedModels _models = models;

    protected override Retry Retry => Retry.Never;

    protected override bool TellsFullLines => false;

    protected override bool TellsErrorsOfStreams => false;

    protected override bool CancelsAtOnce => false;

    protected override IClient Connect(Uri server) => new Client(new OllamaApiClient(server));

    [Fact]
    public async Task The_server_says_what_it_is_and_has()
    {
        using var library = new OllamaApiClient(_models.Address);
        Assert.True(await library.IsRunningAsync());
        Assert.NotEmpty(await library.GetVersionAsync());
        Assert.Equal([ShippedModels.Stories, ShippedModels.Facts], (await library.ListLocalModelsAsync()).Select(model => model.Name));
        Assert.Contains(await library.ListRunningModelsAsync(), model => model.Name == ShippedModels.Stories);
        ShowModelResponse shown = await library.ShowModelAsync(ShippedModels.Stories);
        Assert.Contains("completion", shown.Capabilities!);
        Assert.NotEmpty(shown.Template!);
    }

    [Fact]
    public async Task A_prompt_is_continued()
    {
        using var library = new OllamaApiClient(_models.Address);
        List<GenerateResponseStream?> parts = [];
        await foreach (GenerateResponseStream? part in library.GenerateAsync(
            new GenerateRequest { Model = ShippedModels.Stories, Prompt = "Once upon a time", Options = new RequestOptions { NumPredict = 8 } }))
        {
            parts.Add(part);
        }
        Assert.NotEqual("", string.Concat(parts.Select(part => part!.Response)));
        Assert.InRange(Assert.IsType<GenerateDoneResponseStream>(parts[^1]).EvalCount, 1, 8);
    }

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

    protected override bool TellsFullLines => false;

    protected override bool TellsErrorsOfStreams => false;

    protected override bool CancelsAtOnce => false;

    protected override IClient Connect(Uri server) => new ExtensionsAIClient(model => new OllamaApiClient(server, model), model => new OllamaApiClient(server, model));
}
