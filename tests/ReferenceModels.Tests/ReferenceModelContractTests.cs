using Engine;
using Tests.Contracts;

namespace ReferenceModels.Tests;

/// <summary>The contract, kept by the managed implementation on real weights.</summary>
public sealed class ReferenceModelContractTests : ModelContract
{
    protected override async ValueTask<IModel> LoadAsync() =>
        await ReferenceModelFixture.LoadAsync(SharedFolder.Model("aidreams260K-f32.gguf"), contextLength: 128);
}
