using Engine;
using Tests.Contracts;

namespace ReferenceModels.Tests;

/// <summary>The contract for the managed implementation, on trained weights and on each family.</summary>
public sealed class ReferenceModelContractTests : DecoderContract
{
    protected override async ValueTask<IModel> LoadAsync(string file) =>
        await ReferenceModelFixture.LoadAsync(TestData.Model("aidreams260K-f32.gguf"), contextLength: 128);
}

public sealed class ReferenceLlamaContractTests : DecoderContract
{
    protected override async ValueTask<IModel> LoadAsync(string file) => await ReferenceModelFixture.LoadAsync(TinyFamilies.Llama(file));
}

public sealed class ReferenceGpt2ContractTests : DecoderContract
{
    protected override async ValueTask<IModel> LoadAsync(string file) => await ReferenceModelFixture.LoadAsync(TinyFamilies.Gpt2(file));
}

public sealed class ReferenceBertContractTests : EncoderContract
{
    protected override async ValueTask<IModel> LoadAsync(string file) => await ReferenceModelFixture.LoadAsync(TinyFamilies.Bert(file));
}

public sealed class ReferenceT5ContractTests : EncoderDecoderContract
{
    protected override async ValueTask<IModel> LoadAsync(string file) => await ReferenceModelFixture.LoadAsync(TinyFamilies.T5(file));
}

/// <summary>A family that only this backend has.</summary>
public sealed class ReferenceTransformerContractTests : EncoderDecoderContract
{
    protected override string EncoderRows => "l_out-1";

    protected override string LayerRows => "l_out-0";

    protected override async ValueTask<IModel> LoadAsync(string file) => await ReferenceModelFixture.LoadAsync(TinyFamilies.Transformer(file));
}
