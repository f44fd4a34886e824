using Engine.LlamaCpp;
using Tests.Contracts;

namespace Engine.LLamaSharp.Tests;

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LLamaSharpPackingTests : LlamaPackingContract
{
    private protected override async Task<LlamaModel> LoadAsync(ModelOptions options) => await new LLamaSharpBackend().LoadFileAsync(options, null, default);
}
