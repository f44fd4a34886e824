using System.Runtime.InteropServices;
using Engine;
using Engine.Gguf;
using ReferenceModels.Heads;
using ReferenceModels.Models;
using ReferenceModels.Ops;
using ReferenceModels.Training.Data;
using ReferenceModels.Training.Objectives;
using ReferenceModels.Weights;

namespace ReferenceModels.Training;

/// <summary>The heads that an objective needs: those of the file next to the model, or new ones (N(0, 0.02²), biases 0, gains 1, as
/// BERT's authors draw them). They are trained; other heads of the file stay unchanged.</summary>
internal sealed class TrainedHeads : IDisposable
{
    private const float Epsilon = 1e-12f;

    private readonly GgufFile? _file;
    private readonly ulong _seed;
    private readonly List<Weight> _made = [];
    private readonly int _d;

    /// <summary>Opens or creates the heads.</summary>
    /// <param name="model">The model's file; a file of heads next to it is read.</param>
    /// <param name="network">The model.</param>
    /// <param name="asked">The heads that the objective needs.</param>
    /// <param name="labels">The labels of the classes in the data.</param>
    /// <param name="seed">Seed of new weights.</param>
    public TrainedHeads(string model, INetwork network, HeadKinds asked, IReadOnlyList<string> labels, ulong seed)
    {
        (_seed, _d, Labels) = (seed, network.Sizes.d, labels);
        string path = HeadedModel.Beside(model);
        _file = File.Exists(path) ? GgufFile.Open(path) : null;
        bool isEncoder = network is IEncoder and not IDecoder;
        Weight embedding = network.Parameters.First(weight => weight.Name == "token_embd.weight");
        Pooler? pooler = isEncoder && (asked & (HeadKinds.NextSentence | HeadKinds.Classification)) != 0 ? new Pooler(Matrix("pooler", _d, _d), Vector("pooler.bias", _d, 0)) : null;
        if (asked.HasFlag(HeadKinds.MaskedToken))
        {
            Weight decoder = _file?.FindTensor("mask.decoder.weight") is null ? embedding : Matrix("mask.decoder", network.Sizes.V, _d);
            MaskedToken = new MaskedTokenHead(
                Matrix("mask.dense", _d, _d), Vector("mask.dense.bias", _d, 0), Vector("mask.norm.weight", _d, 1), Vector("mask.norm.bias", _d, 0),
                _file?.Metadata.GetFloat32("heads.layer_norm_epsilon") ?? Epsilon, decoder, Vector("mask.decoder.bias", network.Sizes.V, 0));
        }
        if (asked.HasFlag(HeadKinds.NextSentence))
        {
            NextSentence = new NextSentenceHead(Required(pooler, "next-sentence prediction"), Matrix("next_sentence", 2, _d), Vector("next_sentence.bias", 2, 0));
        }
        if (asked.HasFlag(HeadKinds.Classification))
        {
            Pooling pooling = isEncoder ? Pooling.Cls : Pooling.Last;
            Classification = new ClassificationHead(pooling, pooler, Matrix("classifier", labels.Count, _d), Vector("classifier.bias", labels.Count, 0));
        }
    }

    /// <summary>Null if the objective does not need it.</summary>
    public MaskedTokenHead? MaskedToken { get; }

    /// <summary>Null if the objective does not need it.</summary>
    public NextSentenceHead? NextSentence { get; }

    /// <summary>Null if the objective does not need it.</summary>
    public ClassificationHead? Classification { get; }

    /// <summary>The classes.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>The trained weights.</summary>
    public IReadOnlyList<Weight> Weights => _made;

    /// <summary>Writes the heads next to a model; does nothing if there are none.</summary>
    public void Write(string model)
    {
        GgufTensor[] kept = [.. (_file?.Tensors ?? []).Where(tensor => _made.All(weight => weight.Name != tensor.Name))];
        if (_made.Count == 0 && kept.Length == 0)
        {
            return;
        }
        var writer = new GgufWriter();
        foreach (string key in _file?.Metadata.Keys ?? [])
        {
            writer.SetMetadata(key, _file!.Metadata[key]!);
        }
        writer.SetMetadata(GgufKeys.Architecture, HeadFile.Architecture);
        writer.SetMetadata("heads.embedding_length", (uint)_d);
        if (MaskedToken is not null)
        {
            writer.SetMetadata("heads.layer_norm_epsilon", MaskedToken.Epsilon);
        }
        if (Classification is not null)
        {
            writer.SetMetadata("heads.classifier.pooling_type", (uint)Classification.Pooling);
            writer.SetMetadata("heads.classifier.labels", Labels);
        }
        foreach (Weight weight in _made)
        {
            bool isVector = !weight.Name.EndsWith(".weight", StringComparison.Ordinal) || weight.Name == "mask.norm.weight";
            writer.AddTensor(weight.Name, isVector ? [weight.Columns] : [weight.Columns, weight.Rows], GgmlType.F32, stream => stream.Write(MemoryMarshal.AsBytes<float>(weight.Values)));
        }
        foreach (GgufTensor tensor in kept)
        {
            writer.AddTensor(tensor.Name, tensor.Shape, tensor.Type, stream => stream.Write(_file!.GetData(tensor, 0, checked((int)tensor.ByteLength))));
        }
        writer.Write(HeadedModel.Beside(model));
    }

    /// <summary>Closes the mapping.</summary>
    public void Dispose() => _file?.Dispose();

    private static Pooler Required(Pooler? pooler, string what) => pooler ?? throw new UnsupportedRequestException(
        $"Training: {what} needs a model in which every token sees all others, such as BERT, found a decoder. Choose another objective or model.");

    private Weight Matrix(string name, int rows, int columns)
    {
        ulong drawn = ExampleOrder.SeedOf(_seed, ExampleOrder.Purpose.Heads, _made.Count);
        return Make(name + ".weight", rows, columns, i => 0.02f * (float)(Math.Sqrt(-2 * Math.Log(1 - Dropout.Coin(drawn, 2 * i))) * Math.Cos(2 * Math.PI * Dropout.Coin(drawn, 2 * i + 1))));
    }

    private Weight Vector(string name, int n, float value) => Make(name, 1, n, _ => value);

    // From the file if it has one of this shape (a classifier for other classes starts afresh), otherwise from the rule.
    private Weight Make(string name, int rows, int columns, Func<long, float> value)
    {
        bool isThere = _file?.FindTensor(name) is { } tensor && tensor.Elements == (long)rows * columns && SameClasses(name);
        Weight weight;
        if (isThere)
        {
            var reader = new WeightReader(_file!, trainable: true);
            weight = rows == 1 && name != "classifier.weight" ? reader.Vector(name, columns) : reader.Matrix(name, rows, columns);
        }
        else
        {
            weight = Weight.Trainable(name, rows, columns);
            for (int i = 0; i < weight.Values!.Length; i++)
            {
                weight.Values[i] = value(i);
            }
        }
        _made.Add(weight);
        return weight;
    }

    private bool SameClasses(string name) => !name.StartsWith("classifier", StringComparison.Ordinal)
        || (_file!.Metadata.GetStrings("heads.classifier.labels") is { } known && known.SequenceEqual(Labels));
}
