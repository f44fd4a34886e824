using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>The tape over a whole GPT-2.</summary>
public sealed class Gpt2GradientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly int[] Tokens = [1, 5, 9, 5, 30];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(true, null)]
    [InlineData(false, 2)]
    public void The_gradients_of_all_weights_match_central_differences(bool tied, int? G)
    {
        var random = new RandomGpt2 { V = 40, Width = 16, Inner = 24, H = 4, G = G, N = 2, Context = 8, Tied = tied };
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        Gpt2 gpt2 = Gpt2.Load(file, random.V, trainable: true);
        using var workers = new Workers(1);
        double[] δlogits = Doubles.Random(Tokens.Length * random.V, 7);

        var tape = new Tape();
        Tensor logits = Logits(gpt2, gpt2.CreateState(new Pass(workers, tape), Tokens.Length));
        δlogits.ToFloats().CopyTo(logits.Gradient);
        tape.Backward();

        State plain = gpt2.CreateState(new Pass(workers), Tokens.Length);
        GradientCheck.Weights(Weights(gpt2), δlogits, tap =>
        {
            plain.Tap = tap;
            return Logits(gpt2, plain).Values.ToArray();
        });
    }

    [Fact]
    public void A_pass_with_a_tape_gives_the_same_logits_as_one_without()
    {
        var random = new RandomGpt2();
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        Gpt2 gpt2 = Gpt2.Load(file, random.V);
        using var workers = new Workers(1);
        float[] taped = Logits(gpt2, gpt2.CreateState(new Pass(workers, new Tape()), 8)).Values.ToArray();
        Assert.Equal(Logits(gpt2, gpt2.CreateState(new Pass(workers), 8)).Values.ToArray(), taped);
    }

    private static Tensor Logits(Gpt2 gpt2, State state)
    {
        state.Clear();
        return gpt2.Logits(state, gpt2.Forward(state, Tokens, Tokens.Length));
    }

    private static IEnumerable<Weight> Weights(Gpt2 gpt2) =>
        ((Weight[])[gpt2.W.TokenEmbd, gpt2.W.PositionEmbd, gpt2.W.OutputNorm, gpt2.W.OutputNormBias, gpt2.W.Output, .. gpt2.W.Layers.SelectMany(L => (Weight[])
        [
            L.AttnNorm, L.AttnNormBias, L.AttnQKV, L.AttnQKVBias, L.AttnOutput, L.AttnOutputBias,
            L.FfnNorm, L.FfnNormBias, L.FfnUp, L.FfnUpBias, L.FfnDown, L.FfnDownBias,
        ])]).Distinct();
}
