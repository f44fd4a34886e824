using Tests.Contracts;

namespace Engine.LLamaSharp.Tests;

/// <summary>The contract of each family, kept by LLamaSharp.</summary>
internal static class ContractModel
{
    public static ValueTask<IModel> LoadAsync(string path) => new LLamaSharpBackend().LoadAsync(new() { Path = path, Device = "cpu" });
}

/// <summary>On trained weights.</summary>
[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpModelContractTests : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) =>
        ContractModel.LoadAsync(TestData.Model("aidreams260K-f32.gguf"));
}

[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpLlamaContractTests : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.Llama(file));
}

[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpGpt2ContractTests : DecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.Gpt2(file));
}

[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpBertContractTests : EncoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.Bert(file));
}

[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpT5ContractTests : EncoderDecoderContract
{
    protected override ValueTask<IModel> LoadAsync(string file) => ContractModel.LoadAsync(TinyFamilies.T5(file));
}

[Collection(LoadedLibrary.Name)]
public sealed class LLamaSharpRefusalTests : LlamaRefusalContract
{
    protected override IModelBackend Backend => new LLamaSharpBackend();

    protected override string Missing(string tensor) => $"missing tensor '{tensor}'";
}
