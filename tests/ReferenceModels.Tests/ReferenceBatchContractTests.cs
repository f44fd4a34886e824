using Engine;
using Tests.Contracts;

namespace ReferenceModels.Tests;

/// <summary>Batches of the managed implementation under the scheduler. A row alone and a row among others use different kernels.</summary>
public sealed class ReferenceLlamaBatchContractTests : BatchContract
{
    protected override double Tolerance => Agreement.Floats;

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) => new ReferenceBackend().LoadAsync(options with { Path = TinyFamilies.Llama(options.Path) });
}

public sealed class ReferenceGpt2BatchContractTests : BatchContract
{
    protected override double Tolerance => Agreement.Floats;

    protected override ValueTask<IModel> LoadAsync(ModelOptions options) => new ReferenceBackend().LoadAsync(options with { Path = TinyFamilies.Gpt2(options.Path) });
}
