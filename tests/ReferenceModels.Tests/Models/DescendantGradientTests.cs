using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Training.Adapters;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Models;

/// <summary>The tape over LLaMA's descendants: all their weights, and the factors of adapters over frozen ones.</summary>
public sealed class DescendantGradientTests : IDisposable
{
    private static readonly int[] Tokens = [1, 5, 9, 5, 30, 7];

    private readonly TemporaryFolder _folder = new();

    public static TheoryData<string> Shapes => [.. DescendantCases.Small.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradients_of_all_weights_match_central_differences(string shape)
    {
        using GgufFile file = GgufFile.Open(DescendantCases.Small[shape].Write(_folder.File("random.gguf")));
        INetwork network = Load(file, trainable: true);
        Check(network, network.Parameters.Where(weight => weight.Gradient is not null));
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void The_gradients_of_all_factors_match_central_differences(string shape)
    {
        using GgufFile file = GgufFile.Open(DescendantCases.Small[shape].Write(_folder.File("random.gguf")));
        INetwork network = Load(file, trainable: false);
        var adapter = new TrainedAdapter(file, network, new LowRankOptions { Rank = 2, Targets = [LowRankOptions.All] }, seed: 3);
        Assert.NotEmpty(adapter.Weights);
        foreach (Weight weight in adapter.Weights.Where(weight => weight.Name.EndsWith("lora_b", StringComparison.Ordinal)))
        {
            Numbers.Floats(weight.Values!.Length, 11).CopyTo(weight.Values, 0);
        }
        Check(network, adapter.Weights);
    }

    private static INetwork Load(GgufFile file, bool trainable) => Networks.Loader(file.Metadata.RequireString("general.architecture"), "random")(file, 40, trainable);

    private static void Check(INetwork network, IEnumerable<Weight> weights)
    {
        using var workers = new Workers(1);
        var tape = new Tape();
        Tensor output = Run(network, network.CreateState(new Pass(workers, tape), 8));
        double[] δoutput = Doubles.Random(output.Values.Length, 7);
        δoutput.ToFloats().CopyTo(output.Gradient);
        float[] taped = output.Values.ToArray();
        State plain = network.CreateState(new Pass(workers), 8);
        Assert.Equal(Run(network, plain).Values.ToArray(), taped);
        tape.Backward();
        GradientCheck.Weights(weights, δoutput, tap =>
        {
            plain.Cache.Clear();
            plain.Tap = tap;
            return Run(network, plain).Values.ToArray();
        });
    }

    private static Tensor Run(INetwork network, State state)
    {
        var decoder = (IDecoder)network;
        return decoder.Logits(state, decoder.Forward(state, Tokens, Tokens.Length));
    }
}
