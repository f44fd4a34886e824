using Engine.BuiltIn;
using Engine.Chat;
using Engine.LlamaCpp.Direct;
using Engine.Tests.LlamaCpp;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;

namespace Engine.Tests.Chat;

/// <summary>An agent of Microsoft.Agents.AI over a model in process: its pipeline calls functions, and its session holds the history.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class AgentTests
{
    private static readonly ChatClientAgentOptions Options = new() { Name = "teller", ChatOptions = new ChatOptions { Instructions = "Tell stories.", Temperature = 0 } };

    [Fact]
    public async Task Instructions_and_the_whole_history_reach_the_model_in_each_turn()
    {
        var talking = new TalkingModel("ok");
        await using IModel model = talking.Model;
        var agent = new ChatClientAgent(new ModelChatClient(model), Options);
        AgentSession session = await agent.CreateSessionAsync();

        await agent.RunAsync("One", session);
        Assert.Equal("[system]Tell stories.[user]One", talking.Shown);
        AgentResponse second = await agent.RunAsync("Two", session);

        Assert.Equal("[system]Tell stories.[user]One[assistant teller]ok[user]Two", talking.Shown);
        Assert.Equal("ok", second.Text);
        Assert.Null(((ChatClientAgentSession)session).ConversationId);
        Assert.Equal(3, second.Usage!.OutputTokenCount); // and the end
    }

    [Fact]
    public async Task An_agent_answers_as_the_client_does_whole_and_streamed_in_several_turns()
    {
        await using IModel model = await new LlamaCppBackend().LoadAsync(new() { Path = DefaultModel.Find() });
        using var client = new ModelChatClient(model);
        var agent = new ChatClientAgent(client, Options);
        AgentSession whole = await agent.CreateSessionAsync(), streamed = await agent.CreateSessionAsync();
        List<ChatMessage> conversation = [];
        foreach (string opening in new[] { "One rainy day, Peter was in the garden.", "One sunny day, Anna was at the market." })
        {
            conversation.Add(new ChatMessage(ChatRole.User, opening));
            ChatResponse expected = await client.GetResponseAsync(conversation, new ChatOptions { Temperature = 0 });
            conversation.AddRange(expected.Messages);

            AgentResponse answer = await agent.RunAsync(opening, whole);
            List<AgentResponseUpdate> updates = await agent.RunStreamingAsync(opening, streamed).ToListAsync();

            Assert.NotEmpty(expected.Text);
            Assert.Equal(expected.Text, answer.Text);
            Assert.Equal(expected.Text, string.Concat(updates.Select(update => update.Text)));
            Assert.Single(updates.Select(update => update.MessageId).Distinct());
            Assert.Equal(expected.Usage!.OutputTokenCount, answer.Usage!.OutputTokenCount);
            Assert.Equal(ChatRole.Assistant, Assert.Single(answer.Messages).Role);
        }
    }

    [Fact]
    public async Task A_run_is_cancelled_in_the_middle_and_its_errors_are_the_contracts()
    {
        await using IModel model = await new LlamaCppBackend().LoadAsync(new() { Path = DefaultModel.Find() });
        var agent = new ChatClientAgent(new ModelChatClient(model), Options);
        using var stop = new CancellationTokenSource();
        int updates = 0;
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (AgentResponseUpdate _ in agent.RunStreamingAsync("One rainy day,", cancellationToken: stop.Token))
            {
                if (++updates == 3)
                {
                    await stop.CancelAsync();
                }
            }
        });
        Assert.Equal(3, updates);
        await Assert.ThrowsAsync<ContextLengthExceededException>(() => agent.RunAsync(string.Concat(Enumerable.Repeat("One rainy day, ", 400))));
        var tools = new ChatClientAgentRunOptions(new ChatOptions { Tools = [new HostedWebSearchTool()] });
        Assert.Contains("a HostedWebSearchTool", (await Assert.ThrowsAsync<UnsupportedRequestException>(() => agent.RunAsync("One rainy day,", options: tools))).Message, StringComparison.Ordinal);
        Assert.NotEmpty((await agent.RunAsync("One rainy day,")).Text);
    }
}
