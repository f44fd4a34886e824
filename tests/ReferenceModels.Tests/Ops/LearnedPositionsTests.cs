using ReferenceModels.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Ops;

public sealed class LearnedPositionsTests
{
    [Fact]
    public void Rows_follow_on_from_the_first_and_get_the_gradients_of_their_tokens()
    {
        using var workers = new Workers(1);
        var tape = new Tape();
        Weight table = Weight.Trainable("position_embd.weight", 5, 3);
        for (int i = 0; i < table.Values!.Length; i++)
        {
            table.Values[i] = i;
        }
        Tensor y = LearnedPositions.Forward(new Pass(workers, tape), table, 2, 2);
        Assert.Equal([6, 7, 8, 9, 10, 11], y.Values.ToArray());

        ((float[])[1, 2, 3, 4, 5, 6]).CopyTo(y.Gradient);
        table.Gradient![6] = 10; // is added to
        tape.Backward();
        Assert.Equal([0, 0, 0, 0, 0, 0, 11, 2, 3, 4, 5, 6, 0, 0, 0], table.Gradient);
    }
}
