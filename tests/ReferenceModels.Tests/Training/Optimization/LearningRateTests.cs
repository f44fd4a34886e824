using System.Text.Json;
using ReferenceModels.Training.Optimization;

namespace ReferenceModels.Tests.Training.Optimization;

public sealed class LearningRateTests
{
    [Fact]
    public void Warm_up_and_cosine_are_PyTorchs()
    {
        foreach (JsonElement golden in TrainingGolden.Cases("schedule"))
        {
            double peak = golden.Number("peak");
            var rate = new LearningRate((float)peak, (int)golden.Number("warmup"), (int)golden.Number("steps"), (float)golden.Number("final"));
            Assert.All(golden.Numbers("rates").Index(), one => Assert.Equal(one.Item, rate.At(one.Index), 1e-6 * peak));
        }
    }

    [Fact]
    public void A_final_share_of_1_keeps_the_peak() => Assert.All(Enumerable.Range(0, 50), step => Assert.Equal(0.01f, new LearningRate(0.01f, 0, 50, 1).At(step)));
}
