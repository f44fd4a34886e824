using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>The tape over encoder and decoder: every op's gradient, through the cross-attention back into the encoder.</summary>
public sealed class T5GradientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly int[] Source = [7, 3, 12, 7, 25, 31], Target = [0, 5, 9, 5, 30];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(true, false, true)]
    public void The_gradients_of_all_weights_match_central_differences(bool gated, bool tied, bool ownPositions)
    {
        var random = new RandomT5
        {
            V = 40,
            Width = 16,
            Inner = 24,
            H = 2,
            KeyLength = 6,
            N = 2,
            Buckets = 6,
            Gated = gated,
            Tied = tied,
            OwnPositions = ownPositions,
        };
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        T5 t5 = T5.Load(file, random.V, trainable: true);
        using var workers = new Workers(1);
        double[] δlogits = Doubles.Random(Target.Length * random.V, 7);

        var tape = new Tape();
        Tensor logits = Logits(t5, t5.CreateState(new Pass(workers, tape), 8));
        δlogits.ToFloats().CopyTo(logits.Gradient);
        tape.Backward();

        State plain = t5.CreateState(new Pass(workers), 8);
        GradientCheck.Weights(Weights(t5), δlogits, tap =>
        {
            plain.Tap = tap;
            return Logits(t5, plain).Values.ToArray();
        });
    }

    [Fact]
    public void A_pass_with_a_tape_gives_the_same_logits_as_one_without()
    {
        var random = new RandomT5();
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        T5 t5 = T5.Load(file, random.V);
        using var workers = new Workers(1);
        float[] taped = Logits(t5, t5.CreateState(new Pass(workers, new Tape()), 8)).Values.ToArray();
        Assert.Equal(Logits(t5, t5.CreateState(new Pass(workers), 8)).Values.ToArray(), taped);
    }

    private static Tensor Logits(T5 t5, State state)
    {
        state.Clear();
        t5.Encode(state, Source, []);
        return t5.Logits(state, t5.Forward(state, Target, Target.Length));
    }

    private static IEnumerable<Weight> Weights(T5 t5) =>
    [
        .. ((Weight?[])[t5.W.TokenEmbd, t5.W.EncoderNorm, t5.W.DecoderNorm, t5.W.Output, .. t5.W.Encoder.Concat(t5.W.Decoder).SelectMany(L => (Weight?[])
        [
            .. Weights(L.Self), L.RelB, .. L.Cross is null ? [] : Weights(L.Cross), L.FfnNorm, L.FfnGate, L.FfnUp, L.FfnDown,
        ])]).OfType<Weight>().Distinct(),
    ];

    private static Weight[] Weights(T5AttentionWeights a) => [a.Norm, a.Q, a.K, a.V, a.O];
}
