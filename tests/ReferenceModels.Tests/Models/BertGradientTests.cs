using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>The tape over a whole BERT: from the rows, and from the scores back through classifier and pooler.</summary>
public sealed class BertGradientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly int[] Tokens = [2, 5, 9, 5, 30, 3], Segments = [0, 0, 0, 1, 1, 1];

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string> Shapes => [.. Cases.Keys];

    private static readonly Dictionary<string, RandomBert> Cases = new()
    {
        ["all biases"] = Small,
        ["no biases but of the norms"] = Small with { QkvBiases = false, OutputBias = false, FeedForwardBiases = false, PoolerBias = false, ScoresBias = false },
        ["a fused query, key and value with bias"] = Small with { FusedQkv = true, FusedBias = true, QkvBiases = false, G = 2 },
        ["a fused query, key and value with three biases"] = Small with { FusedQkv = true, G = 2 },
    };

    private static RandomBert Small => new() { V = 40, Width = 16, Inner = 24, Context = 8, Epsilon = 1e-5f, Pooler = true, Scores = 3, Labels = 3 };

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradients_of_all_weights_match_central_differences(string shape)
    {
        RandomBert random = Cases[shape];
        using GgufFile file = GgufFile.Open(random.Write(_folder.File("random.gguf")));
        Bert bert = Bert.Load(file, random.V, trainable: true);
        using var workers = new Workers(1);
        (double[] δrows, double[] δscores) = (Doubles.Random(Tokens.Length * random.Width, 7), Doubles.Random(3, 8));

        var tape = new Tape();
        (Tensor rows, Tensor scores) = Run(bert, bert.CreateState(new Pass(workers, tape), 8));
        δrows.ToFloats().CopyTo(rows.Gradient);
        δscores.ToFloats().CopyTo(scores.Gradient);
        tape.Backward();

        State plain = bert.CreateState(new Pass(workers), 8);
        GradientCheck.Weights(Weights(bert), [.. δrows, .. δscores], tap =>
        {
            plain.Tap = tap;
            (Tensor rows, Tensor scores) = Run(bert, plain);
            return [.. rows.Values, .. scores.Values];
        });
    }

    [Fact]
    public void A_pass_with_a_tape_gives_the_same_rows_and_scores_as_one_without()
    {
        using GgufFile file = GgufFile.Open(Small.Write(_folder.File("random.gguf")));
        Bert bert = Bert.Load(file, Small.V);
        using var workers = new Workers(1);
        (Tensor taped, Tensor tapedScores) = Run(bert, bert.CreateState(new Pass(workers, new Tape()), 8));
        (Tensor plain, Tensor plainScores) = Run(bert, bert.CreateState(new Pass(workers), 8));
        Assert.Equal(plain.Values.ToArray(), taped.Values.ToArray());
        Assert.Equal(plainScores.Values.ToArray(), tapedScores.Values.ToArray());
    }

    private static (Tensor Rows, Tensor Scores) Run(Bert bert, State state)
    {
        state.Clear();
        Tensor rows = bert.Encode(state, Tokens, Segments);
        return (rows, bert.Rank(state, rows));
    }

    private static IEnumerable<Weight> Weights(Bert bert) =>
        ((Weight?[])[
            bert.W.TokenEmbd, bert.W.TokenTypes, bert.W.PositionEmbd, bert.W.TokenEmbdNorm, bert.W.TokenEmbdNormBias,
            bert.W.Cls, bert.W.ClsBias, bert.W.ClsOutput, bert.W.ClsOutputBias, .. bert.W.Layers.SelectMany(L => (Weight?[])
            [
                L.AttnQKV, L.AttnQKVBias, L.AttnQ, L.AttnK, L.AttnV, L.AttnQBias, L.AttnKBias, L.AttnVBias, L.AttnOutput, L.AttnOutputBias,
                L.AttnOutputNorm, L.AttnOutputNormBias, L.FfnUp, L.FfnUpBias, L.FfnDown, L.FfnDownBias, L.LayerOutputNorm, L.LayerOutputNormBias,
            ])]).OfType<Weight>();
}
