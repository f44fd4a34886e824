using Engine.LlamaCpp.Direct;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp.Direct;

[Collection(LoadedLibrary.Name)]
public sealed class LlamaCppRefusalTests : LlamaRefusalContract
{
    protected override IModelBackend Backend => new LlamaCppBackend();

    protected override string Missing(string tensor) => $"'{tensor}' not found";
}
