using Engine.LlamaCpp.Direct;
using Tests.Contracts;

namespace Engine.Tests.LlamaCpp.Direct;

/// <summary>The contract of each family, kept by llama.cpp.</summary>
internal static class ContractModel
{
    public static ValueTask<IModel> LoadAsync(string path) => new LlamaCppBackend().LoadAsync(new() { Path = path, Device = "cpu" });
}

/// <summary>On trained weights.</summary>
[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppModelContractTests : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) =>
        ContractModel.LoadAsync(TestData.Model("aidreams260K-f32.gguf"));
}

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppLlamaContractTests : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.Llama(file));
}

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppGpt2ContractTests : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.Gpt2(file));
}

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppBertContractTests : EncoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.Bert(file));
}

[Collection(LoadedLibrary.Name)]
[Trait("Judge", "llama.cpp")]
public sealed class LlamaCppT5ContractTests : EncoderDecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.T5(file));
}
