using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;

namespace ReferenceModels.Tests.Models;

/// <summary>The tape over a whole model: every op's gradient, in the order the model uses them.</summary>
public sealed class LlamaGradientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly int[] Tokens = [1, 5, 9, 5, 30];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(true, false, false)]
    [InlineData(true, false, true)]
    public void The_gradients_of_all_weights_match_central_differences(bool biases, bool tied, bool fused)
    {
        var random = new RandomLlama { V = 40, Width = 16, Inner = 24, H = 4, G = 2, N = 2, Biases = biases, Tied = tied, FusedQkv = fused };
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        Llama llama = Llama.Load(file, random.V, trainable: true);
        using var workers = new Workers(1);
        double[] δlogits = Ops.Doubles.Random(Tokens.Length * random.V, 7);

        var tape = new Tape();
        State state = llama.CreateState(new Pass(workers, tape), Tokens.Length);
        Tensor logits = llama.Logits(state, llama.Forward(state, Tokens, Tokens.Length));
        for (int i = 0; i < δlogits.Length; i++)
        {
            logits.Gradient[i] = (float)δlogits[i];
        }
        tape.Backward();

        State plain = llama.CreateState(new Pass(workers), Tokens.Length);
        GradientCheck.Weights(llama.Parameters, δlogits, tap =>
        {
            plain.Cache.Clear();
            plain.Tap = tap;
            return llama.Logits(plain, llama.Forward(plain, Tokens, Tokens.Length)).Values.ToArray();
        });
    }

    [Fact]
    public void A_pass_with_a_tape_gives_the_same_logits_as_one_without()
    {
        var random = new RandomLlama();
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        Llama llama = Llama.Load(file, random.V);
        using var workers = new Workers(1);
        State taped = llama.CreateState(new Pass(workers, new Tape()), 8), plain = llama.CreateState(new Pass(workers), 8);
        float[] a = llama.Logits(taped, llama.Forward(taped, Tokens, 5)).Values.ToArray();
        float[] b = llama.Logits(plain, llama.Forward(plain, Tokens, 5)).Values.ToArray();
        Assert.Equal(a, b);
    }
}
