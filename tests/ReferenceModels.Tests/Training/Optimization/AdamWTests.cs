using System.Text.Json;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Training.Optimization;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Training.Optimization;

public sealed class AdamWTests
{
    [Fact]
    public void Weights_after_each_step_are_PyTorchs_with_clipping_and_decay_of_matrices_only()
    {
        foreach (JsonElement golden in TrainingGolden.Cases("adamw"))
        {
            using var workers = new Workers(2);
            (Weight matrix, Weight vector) = (Weight.Trainable("m.weight", 3, 5), Weight.Trainable("v.bias", 1, 5));
            golden.GetProperty("start").Floats("matrix").CopyTo(matrix.Values!, 0);
            golden.GetProperty("start").Floats("vector").CopyTo(vector.Values!, 0);
            var optimizer = new AdamW([matrix, vector], (float)golden.Number("beta1"), (float)golden.Number("beta2"), (float)golden.Number("epsilon"), (float)golden.Number("decay"));
            int t = 0;
            foreach (JsonElement step in golden.GetProperty("steps").EnumerateArray())
            {
                step.GetProperty("gradients").Floats("matrix").CopyTo(matrix.Gradient!, 0);
                step.GetProperty("gradients").Floats("vector").CopyTo(vector.Gradient!, 0);

                double norm = GradientNorm.Of([matrix, vector], workers);
                optimizer.Step(++t, (float)golden.Number("rate"), GradientNorm.Scale(norm, (float)golden.Number("clip")), workers);

                Assert.Equal(step.Number("norm"), norm, 1e-6 * norm); // gradients in float, twenty squares
                // Up to twelve steps of some ten roundings each, 2⁻²⁴ of a number of about 1: 7e-6.
                Doubles.AssertNear(step.Numbers("matrix"), matrix.Values!, 1e-5);
                Doubles.AssertNear(step.Numbers("vector"), vector.Values!, 1e-5);
            }
            Assert.InRange(t, 5, 12);
        }
    }

    [Fact]
    public void The_step_is_bit_for_bit_the_same_with_any_number_of_threads()
    {
        float[] Stepped(int threads)
        {
            using var workers = new Workers(threads);
            var weight = Weight.Trainable("w.weight", 300, 211);
            var random = new Random(4);
            for (int i = 0; i < weight.Values!.Length; i++)
            {
                (weight.Values[i], weight.Gradient![i]) = (random.NextSingle(), random.NextSingle() - 0.5f);
            }
            new AdamW([weight], 0.9f, 0.999f, 1e-8f, 0.1f).Step(1, 0.01f, GradientNorm.Scale(GradientNorm.Of([weight], workers), 1), workers);
            return weight.Values;
        }

        Assert.Equal(Stepped(1), Stepped(2));
    }
}
