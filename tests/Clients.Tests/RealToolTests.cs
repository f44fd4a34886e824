using Engine;
using Engine.Host.Tests.Api;
using Microsoft.Extensions.AI;
using OllamaSharp;

namespace Clients.Tests;

/// <summary>A model that has learned to call tools, and calls real functions through real clients.</summary>
public sealed class RealToolTests
{
    [Theory]
    [InlineData("openai", false)]
    [InlineData("openai", true)]
    [InlineData("ollama", false)]
    [InlineData("ollama", true)]
    public async Task The_function_is_asked_for_the_weather_and_the_answer_says_it(string library, bool stream)
    {
        await using TestServer server = await TestServer.StartAsync((IModelBackend[])[], ("Engine:Models:default:Path", "builtin:llama-tools"));
        List<string> cities = [];
        AIFunction weather = AIFunctionFactory.Create(
            (string city) =>
            {
                cities.Add(city);
                return "sunny, 21 degrees";
            },
            "get_weather");
        Uri address = server.Client.BaseAddress!;
        using IChatClient client = (library == "openai" ? OpenAITests.Library(address).GetChatClient("default").AsIChatClient() : new OllamaApiClient(address, "default"))
            .AsBuilder().UseFunctionInvocation().Build();
        var options = new ChatOptions { Tools = [weather], Temperature = 0, MaxOutputTokens = 200 };
        ChatResponse response = stream
            ? await client.GetStreamingResponseAsync("What is the weather in Oslo?", options).ToChatResponseAsync()
            : await client.GetResponseAsync("What is the weather in Oslo?", options);
        Assert.Equal(["Oslo"], cities);
        Assert.Contains("sunny, 21", response.Messages[^1].Text, StringComparison.Ordinal);
        Assert.Equal(ChatFinishReason.Stop, response.FinishReason);
    }
}
