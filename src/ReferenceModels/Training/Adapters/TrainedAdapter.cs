using System.Runtime.InteropServices;
using Engine.Gguf;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;
using ReferenceModels.Weights;

namespace ReferenceModels.Training.Adapters;

/// <summary>An adapter in training: A ~ N(0, 1/in), so that A·x has x's magnitude, and B = 0, so that training starts from the model itself
/// (Hu et al. 2021, section 4.1).</summary>
internal sealed class TrainedAdapter
{
    private readonly GgufFile _model;
    private readonly LowRankOptions _options;
    private readonly List<LowRank> _pairs = [];

    /// <summary>Attaches it to the weights of a model that is not trained itself.</summary>
    /// <param name="model">The model's file.</param>
    /// <param name="network">The model, with frozen weights.</param>
    /// <param name="options">Rank, α, and which weights.</param>
    /// <param name="seed">Seed of A.</param>
    public TrainedAdapter(GgufFile model, INetwork network, LowRankOptions options, ulong seed)
    {
        (_model, _options) = (model, options);
        IReadOnlyList<string> targets = AdapterTargets.Choose(model, options.Targets);
        foreach (Weight weight in network.Parameters.Where(weight => targets.Contains(weight.Name)))
        {
            ulong drawn = ExampleOrder.SeedOf(seed, ExampleOrder.Purpose.Adapters, _pairs.Count);
            Weight A = Weight.Trainable(weight.Name + GgufAdapter.SuffixA, checked(weight.Experts * options.Rank), weight.Columns, weight.Experts);
            for (int i = 0; i < A.Values!.Length; i++)
            {
                A.Values[i] = (float)(Normal(drawn, i) / Math.Sqrt(weight.Columns));
            }
            Weight B = Weight.Trainable(weight.Name + GgufAdapter.SuffixB, weight.Rows, options.Rank, weight.Experts);
            _pairs.Add(new LowRank(A, B, GgufAdapter.Scale(1, Alpha, options.Rank)));
            weight.Adapt(_pairs[^1]);
        }
    }

    /// <summary>The trained weights.</summary>
    public IReadOnlyList<Weight> Weights => [.. _pairs.SelectMany(pair => (Weight[])[pair.A, pair.B])];

    private float Alpha => _options.Alpha ?? _options.Rank;

    /// <summary>Writes it as a file that llama.cpp loads along with the model.</summary>
    /// <exception cref="IOException">The file cannot be written.</exception>
    public void Write(string path)
    {
        var writer = new GgufWriter();
        writer.SetMetadata("general.type", GgufAdapter.FileKind);
        writer.SetMetadata(GgufKeys.Architecture, _model.Metadata.RequireString(GgufKeys.Architecture));
        writer.SetMetadata(GgufKeys.FileType, 0u); // all F32
        writer.SetMetadata("adapter.type", GgufAdapter.AdapterKind);
        writer.SetMetadata("adapter.lora.alpha", Alpha);
        foreach (Weight weight in Weights)
        {
            writer.AddTensor(weight.Name, weight.Shape, GgmlType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(weight.Values)));
        }
        writer.Write(path);
    }

    // Box and Muller 1958, https://doi.org/10.1214/aoms/1177706645.
    private static double Normal(ulong drawn, long i) =>
        Math.Sqrt(-2 * Math.Log(1 - Dropout.Coin(drawn, 2 * i))) * Math.Cos(2 * Math.PI * Dropout.Coin(drawn, 2 * i + 1));
}
