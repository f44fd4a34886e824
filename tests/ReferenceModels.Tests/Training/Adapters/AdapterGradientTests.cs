using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Tests.Models;
using ReferenceModels.Tests.Ops;
using ReferenceModels.Training.Adapters;
using ReferenceModels.Weights;

namespace ReferenceModels.Tests.Training.Adapters;

/// <summary>The tape through whole frozen models into their adapters.</summary>
public sealed class AdapterGradientTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private static readonly int[] Tokens = [0, 5, 9, 5, 30], Source = [7, 3, 12, 7, 25, 31];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("llama")]
    [InlineData("llama, quantized")]
    [InlineData("gpt2")]
    [InlineData("t5")]
    [InlineData("bert")]
    public void The_gradients_of_all_factors_match_central_differences(string family)
    {
        using GgufFile file = GgufFile.Open(Write(family));
        INetwork network = Networks.Loader(file.Metadata.RequireString("general.architecture"), "random")(file, 40, false);
        var adapter = new TrainedAdapter(file, network, new LowRankOptions { Rank = 2, Targets = [LowRankOptions.All] }, seed: 3);
        Assert.NotEmpty(adapter.Weights);
        foreach (Weight weight in adapter.Weights.Where(weight => weight.Name.EndsWith("lora_b", StringComparison.Ordinal)))
        {
            Numbers.Floats(weight.Values!.Length, 11).CopyTo(weight.Values, 0);
        }
        using var workers = new Workers(1);
        var tape = new Tape();
        Tensor output = Run(network, new Pass(workers, tape));
        double[] δoutput = Doubles.Random(output.Values.Length, 7);
        δoutput.ToFloats().CopyTo(output.Gradient);
        tape.Backward();
        GradientCheck.Weights(adapter.Weights, δoutput, tap => Run(network, new Pass(workers), tap).Values.ToArray());
    }

    private string Write(string family)
    {
        string path = _folder.File("random.gguf");
        return family switch
        {
            "llama" => new RandomLlama { V = 40, Width = 16, Inner = 24, H = 4, G = 2, Biases = true }.Write(path),
            "llama, quantized" => new RandomLlama { V = 40, Width = 32, Inner = 32, H = 4, G = 2, Type = GgmlType.Q8_0 }.Write(path),
            "gpt2" => new RandomGpt2 { V = 40, Width = 16, Inner = 24, H = 2 }.Write(path),
            "t5" => new RandomT5 { V = 40, Width = 16, Inner = 24, H = 2, KeyLength = 6, Buckets = 6, Gated = true }.Write(path),
            _ => new RandomBert { V = 40, Width = 16, Inner = 24, H = 2 }.Write(path),
        };
    }

    private static Tensor Run(INetwork network, Pass pass, ActivationTap? tap = null)
    {
        State state = network.CreateState(pass, 8);
        state.Tap = tap;
        if (network is not IDecoder decoder)
        {
            return ((IEncoder)network).Encode(state, Tokens, []);
        }
        if (network is IEncoder encoder)
        {
            encoder.Encode(state, Source, []);
        }
        return decoder.Logits(state, decoder.Forward(state, Tokens, Tokens.Length));
    }
}
