using Engine.Gguf;
using Engine.LlamaCpp.Quantizer;
using Engine.Sampling;

namespace Engine.Tests.LlamaCpp.Quantizer;

/// <summary>Small models of each family, and their quantization into <c>out.gguf</c>.</summary>
public abstract class QuantizerTestBase : IDisposable
{
    public static TheoryData<string> Families => ["llama", "gpt2", "bert", "t5"];

    private protected TemporaryFolder Folder { get; } = new();

    public void Dispose()
    {
        Folder.Dispose();
        GC.SuppressFinalize(this);
    }

    private protected string Write(string family, int width, int feedForward)
    {
        var random = new Xoshiro256(3);
        TinyModel model = family switch
        {
            "llama" => TinyModel.Llama(width, feedForward),
            "gpt2" => TinyModel.Gpt2(width, feedForward),
            "bert" => TinyModel.Bert(width, feedForward),
            _ => TinyModel.T5(width, feedForward),
        };
        model.Weights(() => (float)(random.NextCoin() - 0.5)).Write(Folder.File("in.gguf")).Dispose();
        return Folder.File("in.gguf");
    }

    /// <summary>As llama-imatrix would write it, had each input a square of its own number.</summary>
    private protected string WriteImportance(string model)
    {
        using GgufFile input = GgufFile.Open(model);
        var writer = new GgufWriter();
        writer.SetMetadata("general.type", "imatrix");
        foreach (GgufTensor tensor in input.Tensors.Where(tensor => tensor.Shape.Count == 2))
        {
            float[] sums = [.. Enumerable.Range(1, (int)tensor.Shape[0]).Select(i => (float)i)];
            writer.AddTensor($"{tensor.Name}.in_sum2", [tensor.Shape[0], 1], GgmlType.F32, System.Runtime.InteropServices.MemoryMarshal.AsBytes<float>(sums).ToArray());
            writer.AddTensor($"{tensor.Name}.counts", [1, 1], GgmlType.F32, BitConverter.GetBytes(2f));
        }
        writer.Write(Folder.File("imatrix.gguf"));
        return Folder.File("imatrix.gguf");
    }

    private protected Task<QuantizeResult> Quantize(string input, string type) =>
        new ModelQuantizer().QuantizeAsync(new() { Input = input, Output = Folder.File("out.gguf"), Type = type });
}
