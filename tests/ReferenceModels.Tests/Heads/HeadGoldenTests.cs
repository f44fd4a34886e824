using ReferenceModels.Heads;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Heads;

/// <summary>Judge: tests/Golden/heads, float64 NumPy (PyTorch 1.13 agrees with it to 2e-15). F32 sums of 12 terms of about 1 differ by some 1e-6; gradients go through a norm
/// and sums over the vocabulary and differ by some 1e-5.</summary>
public sealed class HeadGoldenTests : IDisposable
{
    private const double Forward = 5e-6, Backward = 5e-5;

    private readonly TemporaryFolder _folder = new();
    private readonly HeadGolden _golden = new();
    private readonly Workers _workers = new(2);

    public static TheoryData<string, uint> Heads => new()
    {
        { "mask", 2 }, { "next_sentence", 2 }, { "classifier_mean", 1 }, { "classifier_cls", 2 }, { "classifier_last", 3 },
    };

    public void Dispose()
    {
        _workers.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void The_logits_match_the_papers_formulas(string name, uint pooling)
    {
        using HeadFile heads = HeadFile.Open(_golden.Write(_folder.File("golden.heads.gguf"), pooling), HeadGolden.Card);
        Doubles.AssertNear(_golden.Logits(name), Run(heads, name, new Pass(_workers), _golden.Rows(withGradient: false)).Values.ToArray(), Forward);
    }

    [Theory]
    [MemberData(nameof(Heads))]
    public void The_gradients_of_every_weight_and_the_rows_match_central_differences(string name, uint pooling)
    {
        using HeadFile heads = HeadFile.Open(_golden.Write(_folder.File("golden.heads.gguf"), pooling), HeadGolden.Card, trainable: true);
        var tape = new Tape();
        Tensor rows = _golden.Rows(withGradient: true);
        Tensor logits = Run(heads, name, new Pass(_workers, tape), rows);
        _golden.Loss(name).ToFloats().CopyTo(logits.Gradient);
        tape.Backward();

        Dictionary<string, double[]> expected = _golden.Gradients(name);
        Doubles.AssertNear(expected["rows"], rows.Gradient.ToArray(), Backward);
        Weight[] weights = [.. Weights(heads)];
        foreach ((string weight, double[] gradient) in expected.Where(pair => pair.Key != "rows"))
        {
            Doubles.AssertNear(gradient, weights.Single(one => one.Name == weight).Gradient!, Backward);
        }
        Assert.All(weights.Where(weight => !expected.ContainsKey(weight.Name)), weight => Assert.All(weight.Gradient!, value => Assert.InRange(Math.Abs(value), 0, Backward)));
    }

    private static IEnumerable<Weight> Weights(HeadFile heads)
    {
        (MaskedTokenHead mask, NextSentenceHead next, ClassificationHead classes) = (heads.MaskedToken!, heads.NextSentence!, heads.Classification!);
        return [mask.W, mask.b, mask.Gain, mask.Shift, mask.E, mask.c, next.Pooler.W, next.Pooler.b, next.W, next.b, classes.W, classes.b!];
    }

    private Tensor Run(HeadFile heads, string name, Pass pass, Tensor rows) => name switch
    {
        "mask" => heads.MaskedToken!.Forward(pass, rows, _golden.Positions),
        "next_sentence" => heads.NextSentence!.Forward(pass, rows),
        _ => heads.Classification!.Forward(pass, rows),
    };
}
