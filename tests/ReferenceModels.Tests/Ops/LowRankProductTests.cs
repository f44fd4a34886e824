using Engine.Gguf;
using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Ops;

public class LowRankProductTests
{
    private const int T = 3, In = 256, Out = 7, Rank = 2;

    [Theory, InlineData(GgmlType.F32), InlineData(GgmlType.Q8_0), InlineData(GgmlType.Q4_K)]
    public void Product_and_gradients_match_double_precision(GgmlType type)
    {
        using var frozen = new FrozenWeight(type, Out, In);
        using var workers = new Workers(2);
        Weight A = Filled("a", Rank, In, 1), B = Filled("b", Out, Rank, 2), bias = Filled("bias", 1, Out, 3);
        const float scale = 0.75f;
        frozen.Weight.Adapt(new LowRank(A, B, scale));
        double[] x = [.. Numbers.Floats(T * In, 4)], dy = [.. Numbers.Floats(T * Out, 5)], W = frozen.Doubles();
        double[] a = [.. A.Values!], b = [.. B.Values!], c = [.. bias.Values!];

        var tape = new Tape();
        var pass = new Pass(workers, tape);
        Tensor input = pass.New(T, In);
        Numbers.Floats(T * In, 4).CopyTo(input.Values);
        Tensor y = Linear.Forward(pass, frozen.Weight, bias, input);
        Numbers.AssertClose(Forward(), y.Values.ToArray(), 1e-4);
        Numbers.Floats(T * Out, 5).CopyTo(y.Gradient);
        tape.Backward();

        Numbers.AssertClose(Numbers.Differences(a, Loss), A.Gradient!, 1e-4);
        Numbers.AssertClose(Numbers.Differences(b, Loss), B.Gradient!, 1e-4);
        Numbers.AssertClose(Numbers.Differences(c, Loss), bias.Gradient!, 1e-4);
        Numbers.AssertClose(Numbers.Differences(x, Loss), input.Gradient.ToArray(), 1e-4);

        double Loss() => Forward().Zip(dy, (p, q) => p * q).Sum();

        double[] Forward()
        {
            double[] sum = new double[T * Out], inner = new double[T * Rank], outer = new double[T * Out];
            LinearNaive.Forward<double>(W, c, x, sum, In, Out);
            LinearNaive.Forward<double>(a, [], x, inner, In, Rank);
            LinearNaive.Forward<double>(b, [], inner, outer, Rank, Out);
            return [.. sum.Zip(outer, (p, q) => p + scale * q)];
        }
    }

    private static Weight Filled(string name, int rows, int columns, int seed)
    {
        Weight weight = Weight.Trainable(name, rows, columns);
        Numbers.Floats(rows * columns, seed).CopyTo(weight.Values!, 0);
        return weight;
    }
}
