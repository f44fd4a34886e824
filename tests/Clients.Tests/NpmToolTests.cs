namespace Clients.Tests;

/// <summary>What the clients of npm have in common.</summary>
/// <param name="node">Runs them.</param>
/// <param name="models">The server with a real model.</param>
/// <param name="script">The library's script.</param>
public abstract class NpmToolContract(NodeProcess node, ShippedModels models, string script) : RealToolClientContract(models), IClassFixture<NodeProcess>
{
    protected override IToolClient Connect(Uri server) => node.ConnectTools(script, server);
}

public sealed class NpmOpenAIToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "openai");

/// <summary>npm openai over /v1/responses.</summary>
public sealed class NpmOpenAIResponsesToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "responses");

public sealed class NpmAIOpenAIChatToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "ai-openai-chat");

public sealed class NpmAIOpenAICompatibleToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "ai-openai-compatible");

/// <summary>What <c>openai("model")</c> of @ai-sdk/openai does: /v1/responses.</summary>
public sealed class NpmAIOpenAIToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "ai-openai");

public sealed class NpmLangChainToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "langchain");

/// <summary>Ollama's API has no choice of tools.</summary>
public sealed class NpmOllamaToolTests(NodeProcess node) : ToolClientContract, IClassFixture<NodeProcess>
{
    protected override IToolClient Connect(Uri server) => node.ConnectTools("ollama", server);
}

public sealed class NpmAnthropicToolTests(NodeProcess node, ShippedModels models) : NpmToolContract(node, models, "anthropic");
