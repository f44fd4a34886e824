namespace Clients.Tests;

/// <summary>What the clients of npm have in common.</summary>
/// <param name="node">Runs them.</param>
/// <param name="script">The library's script.</param>
public abstract class NpmToolContract(NodeProcess node, string script) : ToolChoiceClientContract, IClassFixture<NodeProcess>
{
    protected override IToolClient Connect(Uri server) => node.ConnectTools(script, server);
}

public sealed class NpmOpenAIToolTests(NodeProcess node) : NpmToolContract(node, "openai");

/// <summary>npm openai over /v1/responses.</summary>
public sealed class NpmOpenAIResponsesToolTests(NodeProcess node) : NpmToolContract(node, "responses");

public sealed class NpmAIOpenAIChatToolTests(NodeProcess node) : NpmToolContract(node, "ai-openai-chat");

public sealed class NpmAIOpenAICompatibleToolTests(NodeProcess node) : NpmToolContract(node, "ai-openai-compatible");

/// <summary>What <c>openai("model")</c> of @ai-sdk/openai does: /v1/responses.</summary>
public sealed class NpmAIOpenAIToolTests(NodeProcess node) : NpmToolContract(node, "ai-openai");

public sealed class NpmLangChainToolTests(NodeProcess node) : NpmToolContract(node, "langchain");

/// <summary>Ollama's API has no choice of tools.</summary>
public sealed class NpmOllamaToolTests(NodeProcess node) : ToolClientContract, IClassFixture<NodeProcess>
{
    protected override IToolClient Connect(Uri server) => node.ConnectTools("ollama", server);
}

public sealed class NpmAnthropicToolTests(NodeProcess node) : NpmToolContract(node, "anthropic");
