// Their tests mostly wait.
[assembly: CollectionBehavior(MaxParallelThreads = 8)]

namespace Clients.Tests;

public sealed class NpmOpenAITests(NodeProcess node, ShippedModels models) : EmbeddingClientContract(models), IClassFixture<NodeProcess>
{
    protected override IClient Connect(Uri server) => node.Connect("openai", server);
}

public sealed class NpmAIOpenAIChatTests(NodeProcess node, ShippedModels models) : EmbeddingClientContract(models), IClassFixture<NodeProcess>
{
    protected override bool HangsUpOnLeaving => false;

    // By itself it waits 2 s.
    protected override int Pause => 3;

    protected override IClient Connect(Uri server) => node.Connect("ai-openai-chat", server);
}

public sealed class NpmAIOpenAICompatibleTests(NodeProcess node, ShippedModels models) : EmbeddingClientContract(models), IClassFixture<NodeProcess>
{
    protected override bool HangsUpOnLeaving => false;

    // By itself it waits 2 s.
    protected override int Pause => 3;

    protected override IClient Connect(Uri server) => node.Connect("ai-openai-compatible", server);
}

public sealed class NpmLangChainTests(NodeProcess node, ShippedModels models) : EmbeddingClientContract(models), IClassFixture<NodeProcess>
{
    protected override Retry Retry => Retry.AtItsOwnTime;

    protected override IClient Connect(Uri server) => node.Connect("langchain", server);
}

/// <summary>npm openai over /v1/responses.</summary>
public sealed class NpmOpenAIResponsesTests(NodeProcess node, ShippedModels models) : ClientContract(models), IClassFixture<NodeProcess>
{
    protected override string LimitReached => "max_output_tokens";

    protected override IClient Connect(Uri server) => node.Connect("responses", server);
}

/// <summary>What <c>openai("model")</c> of @ai-sdk/openai does: /v1/responses.</summary>
public sealed class NpmAIOpenAITests(NodeProcess node, ShippedModels models) : EmbeddingClientContract(models), IClassFixture<NodeProcess>
{
    protected override bool HangsUpOnLeaving => false;

    // By itself it waits 2 s.
    protected override int Pause => 3;

    protected override IClient Connect(Uri server) => node.Connect("ai-openai", server);
}

public sealed class NpmOllamaTests(NodeProcess node, ShippedModels models) : EmbeddingClientContract(models), IClassFixture<NodeProcess>
{
    protected override Retry Retry => Retry.Never;

    protected override bool HangsUpOnLeaving => false;

    protected override IClient Connect(Uri server) => node.Connect("ollama", server);
}

public sealed class NpmAnthropicTests(NodeProcess node, ShippedModels models) : ClientContract(models), IClassFixture<NodeProcess>
{
    protected override string LimitReached => "max_tokens";

    protected override IClient Connect(Uri server) => node.Connect("anthropic", server);
}
