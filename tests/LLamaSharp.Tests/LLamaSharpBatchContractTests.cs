using Tests.Contracts;

namespace Engine.LLamaSharp.Tests;

/// <summary>Batches of LLamaSharp under the scheduler. Keys and values are F32, as in the strict numerics that judge.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LLamaSharpBatchContractTests : BatchContract
{
    protected override double Tolerance => Agreement.Floats;

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) =>
        new LLamaSharpBackend().LoadAsync(options with { Path = TinyFamilies.Llama(options.Path), Device = "cpu", CacheType = CacheType.F32 });
}
