using Microsoft.Extensions.AI;

namespace Clients.Tests;

public sealed class ExtensionsAITests(ShippedModels models) : EmbeddingClientContract(models)
{
    protected override bool TellsErrorsOfStreams => false;

    protected override IClient Connect(Uri server) => new ExtensionsAIClient(
        model => OpenAITests.Library(server).GetChatClient(model).AsIChatClient(),
        model => OpenAITests.Library(server).GetEmbeddingClient(model).AsIEmbeddingGenerator());
}
