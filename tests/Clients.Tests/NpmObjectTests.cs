using System.Text.Json;

namespace Clients.Tests;

/// <summary>What the clients of npm have in common: an object comes back as zod's schema wants it, which their libraries check.</summary>
/// <param name="node">Runs them.</param>
/// <param name="models">The server.</param>
/// <param name="script">The library's script.</param>
public abstract class NpmObjectContract(NodeProcess node, ShippedModels models, string script) : IClassFixture<NodeProcess>, IClassFixture<ShippedModels>
{
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    [Theory]
    [InlineData(false, 1)]
    [InlineData(false, 2)]
    [InlineData(true, 3)]
    public async Task An_object_meets_its_schema(bool stream, long seed)
    {
        JsonElement visit = await node.AskAsync(script, models.Address, ShippedModels.Stories, stream, seed).WaitAsync(Soon);
        Assert.Contains(visit.GetProperty("mood").GetString(), new[] { "calm", "curious", "cross" });
        Assert.InRange(visit.GetProperty("steps").GetInt32(), 0, 100);
        Assert.Contains(visit.GetProperty("animal").GetProperty("kind").GetString(), new[] { "cat", "dog" });
    }
}

public sealed class NpmOpenAIObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "openai");

/// <summary>npm openai over /v1/responses.</summary>
public sealed class NpmOpenAIResponsesObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "responses");

public sealed class NpmAIOpenAIChatObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "ai-openai-chat");

public sealed class NpmAIOpenAICompatibleObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "ai-openai-compatible");

/// <summary>What <c>openai("model")</c> of @ai-sdk/openai does: /v1/responses.</summary>
public sealed class NpmAIOpenAIObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "ai-openai");

public sealed class NpmLangChainObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "langchain");

public sealed class NpmOllamaObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "ollama");

public sealed class NpmAnthropicObjectTests(NodeProcess node, ShippedModels models) : NpmObjectContract(node, models, "anthropic");
