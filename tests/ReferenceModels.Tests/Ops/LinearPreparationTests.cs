using Engine;
using ReferenceModels.Ops;
using ReferenceModels.Quantization;

namespace ReferenceModels.Tests.Ops;

public class LinearPreparationTests
{
    [Fact]
    public void Kernels_of_every_format_can_be_prepared_more_than_once_and_at_the_same_time() =>
        Parallel.For(0, 4, i => Linear.Prepare(BlockFormat.All.Select(format => format.Type), (Arithmetic)(i % 2)));
}
