using Engine.Host.Tests.Api;
using Microsoft.Extensions.AI;
using OllamaSharp;

namespace Clients.Tests;

/// <summary>The official clients of three APIs at work while the server's model changes.</summary>
public sealed class SwapTests
{
    [Fact]
    public async Task No_client_notices_that_the_model_changes_between_backends_and_files()
    {
        await using TestServer server = await TestServer.StartModelAsync("builtin:llama-stories", ("Engine:Models:default:Slots", "6"));
        Uri address = server.Client.BaseAddress!;
        IChatClient[] clients = [OpenAITests.Library(address).GetChatClient("default").AsIChatClient(), AnthropicTests.Library(address).AsIChatClient("default"), new OllamaApiClient(address, "default")];
        using var done = new CancellationTokenSource();
        Task<int>[] loops = [.. clients.SelectMany(client => new[] { Task.Run(() => AskAsync(client, streams: true)), Task.Run(() => AskAsync(client, streams: false)) })];
        await server.SwapModelsAsync(8);
        await done.CancelAsync();
        Assert.All(await Task.WhenAll(loops), answers => Assert.True(answers > 0));

        async Task<int> AskAsync(IChatClient client, bool streams)
        {
            int answers = 0;
            for (; !done.IsCancellationRequested; answers++)
            {
                var options = new ChatOptions { MaxOutputTokens = 6 };
                ChatResponse answer = streams ? await client.GetStreamingResponseAsync("Tell me", options).ToChatResponseAsync() : await client.GetResponseAsync("Tell me", options);
                Assert.NotNull(answer.FinishReason);
            }
            return answers;
        }
    }
}
