using System.ClientModel;
using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.Agents.AI;
using Microsoft.Extensions.AI;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;
using Microsoft.SemanticKernel.Connectors.OpenAI;
using OllamaSharp;
using OpenAI.Responses;

namespace Clients.Tests;

/// <summary>Its library moves formats, patterns and bounds into descriptions.</summary>
public sealed class ExtensionsAIObjectTests(ShippedModels models) : ObjectClientContract(models)
{
    private static readonly JsonSerializerOptions EnumsByName = new() { Converters = { new JsonStringEnumConverter() } };

    private readonly ShippedModels _models = models;

    protected override IChatClient Connect(Uri server, string model) => OpenAITests.Library(server).GetChatClient(model).AsIChatClient();

    [Fact]
    public async Task An_agent_answers_with_a_record()
    {
        var agent = new ChatClientAgent(Connect(_models.Address, ShippedModels.Stories), new ChatClientAgentOptions { ChatOptions = new ChatOptions { MaxOutputTokens = 450, Seed = 8 } });
        AgentResponse<Visit> response = await agent.RunAsync<Visit>("One rainy day, Peter was in the garden.");
        response.Result.Check();
    }

    [Fact]
    public async Task Semantic_Kernel_answers_with_a_record()
    {
        IChatCompletionService chat = Kernel.CreateBuilder().AddOpenAIChatCompletion(ShippedModels.Stories, new Uri(_models.Address, "v1"), "none").Build().GetRequiredService<IChatCompletionService>();
        var settings = new OpenAIPromptExecutionSettings { ResponseFormat = typeof(Visit), MaxTokens = 450, Seed = 9 };
        ChatMessageContent answer = await chat.GetChatMessageContentAsync("One rainy day, Peter was in the garden.", settings);
        JsonSerializer.Deserialize<Visit>(answer.Content!, EnumsByName)!.Check();
    }
}

/// <summary>Over /v1/responses. With the newest of both libraries it cannot stream.</summary>
public sealed class ExtensionsAIResponsesObjectTests(ShippedModels models) : ObjectClientContract(models)
{
    protected override bool Streams => false;

    protected override IChatClient Connect(Uri server, string model) =>
        new ResponsesClient(new ApiKeyCredential("none"), new ResponsesClientOptions { Endpoint = new Uri(server, "v1") }).AsIChatClient(model);
}

public sealed class OllamaSharpObjectTests(ShippedModels models) : ObjectClientContract(models)
{
    protected override IChatClient Connect(Uri server, string model) => new OllamaApiClient(server, model);
}
