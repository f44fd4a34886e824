using Engine.LlamaCpp;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp;

[Collection(LoadedLibrary.Name)]
public sealed class LlamaCppModelContractTests : ModelContract
{
    protected override ValueTask<IModel> LoadAsync() =>
        new LlamaCppBackend().LoadAsync(new() { Path = SharedFolder.Model("aidreams260K-f32.gguf"), Device = "cpu" });
}
