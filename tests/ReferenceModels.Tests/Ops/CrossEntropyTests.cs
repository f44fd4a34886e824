using System.Text.Json;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Training;

namespace ReferenceModels.Tests.Ops;

public sealed class CrossEntropyTests
{
    [Fact]
    public void Loss_and_gradient_are_PyTorchs()
    {
        foreach (JsonElement golden in TrainingGolden.Cases("cross_entropy"))
        {
            (float[] z, float[] w) = (golden.Floats("logits"), golden.Floats("weights"));
            int[] targets = [.. golden.Numbers("targets").Select(target => (int)target)];
            (int rows, int columns) = (targets.Length, z.Length / targets.Length);
            double total = targets.Where(target => target >= 0).Sum(target => w.Length == 0 ? 1.0 : w[target]);
            foreach (int threads in (int[])[1, 2])
            {
                using var workers = new Workers(threads);
                float[] δz = new float[z.Length];
                var logits = new Tensor(z, 0, rows, columns, δz);

                double sum = CrossEntropy.Forward(new Pass(workers, new Tape()), logits, targets, w, (float)(1 / total));

                Assert.Equal(golden.Number("sum"), sum, 1e-6 * golden.Number("sum"));
                Assert.Equal(golden.Number("mean"), sum / total, 1e-6 * golden.Number("mean"));
                Doubles.AssertNear(golden.Numbers("gradient"), δz, 1e-6);
                Assert.Equal(sum, CrossEntropy.Forward(new Pass(workers), new Tensor(z, 0, rows, columns), targets, w, 1));
            }
        }
    }

    [Fact]
    public void The_gradient_matches_central_differences_of_the_naive_loss_in_double()
    {
        double[] z = Doubles.Random(30, 3);
        for (int target = 0; target < z.Length; target += 7)
        {
            var δz = new float[z.Length];

            double loss = CrossEntropy.Row(z.ToFloats(), target, δz, 0.5f);

            Assert.Equal(CrossEntropy.Naive<double>(z, target), loss, 1e-6);
            Doubles.AssertNear([.. Doubles.Derivatives(z, () => CrossEntropy.Naive<double>(z, target)).Select(value => value / 2)], δz, 1e-6);
        }
    }

    [Fact]
    public void Huge_logits_do_not_overflow()
    {
        float[] z = [-3e38f, 5e4f, 5e4f - 1];
        Assert.Equal(Math.Log(1 + Math.Exp(-1)), CrossEntropy.Row(z, 1, [], 1), 1e-5);
        Assert.True(double.IsFinite(CrossEntropy.Row(z, 2, new float[3], 1)));
    }
}
