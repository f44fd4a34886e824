using Engine.Gguf;

namespace ReferenceModels.Tests;

/// <summary>An adapter of random factors for a model's file, written at test time. The same settings give the same file.</summary>
internal sealed record RandomAdapter
{
    public int Seed { get; init; } = 5;
    public int Rank { get; init; } = 4;
    public float? Alpha { get; init; } = 8;
    public GgmlType Type { get; init; } = GgmlType.F32;
    public string FileKind { get; init; } = "adapter";
    public string Kind { get; init; } = "lora";
    public string? Architecture { get; init; }
    public Action<GgufWriter>? More { get; init; }

    /// <summary>Whether the token embedding has factors, which are transposed: A (r, V), B (r, d).</summary>
    public bool Embedding { get; init; }

    /// <summary>The deviation of B. A·x is about as large as x, so with 1/√r a weight's part and its adapter's are equally large.</summary>
    public float DeviationOfB { get; init; } = 0.2f;

    /// <summary>Which of the weights that can be adapted.</summary>
    public Func<string, bool> Targets { get; init; } = _ => true;

    /// <summary>Writes the file and returns its path.</summary>
    public string Write(string path, string model)
    {
        using GgufFile file = GgufFile.Open(model);
        var random = new Random(Seed);
        var writer = new GgufWriter();
        writer.SetMetadata("general.type", FileKind);
        writer.SetMetadata("general.architecture", Architecture ?? file.Metadata.RequireString("general.architecture"));
        writer.SetMetadata("adapter.type", Kind);
        if (Alpha is float alpha)
        {
            writer.SetMetadata("adapter.lora.alpha", alpha);
        }
        foreach (GgufTensor weight in file.Tensors.Where(tensor => GgufAdapter.CanAdapt(tensor) && Targets(tensor.Name)))
        {
            (long d_in, long d_out) = (weight.Shape[0], weight.Shape[1]);
            long[] experts = [.. weight.Shape.Skip(2)];
            long count = experts.DefaultIfEmpty(1).Single();
            writer.AddTensor(weight.Name + ".lora_a", [d_in, Rank, .. experts], Type, RandomWeights.Make(random, Type, d_in * Rank * count, 1 / MathF.Sqrt(d_in)));
            writer.AddTensor(weight.Name + ".lora_b", [Rank, d_out, .. experts], Type, RandomWeights.Make(random, Type, Rank * d_out * count, DeviationOfB));
        }
        if (Embedding)
        {
            GgufTensor table = file.FindTensor("token_embd.weight")!;
            (long d, long V) = (table.Shape[0], table.Shape[1]);
            writer.AddTensor(table.Name + ".lora_a", [Rank, V], Type, RandomWeights.Make(random, Type, Rank * V, 1));
            writer.AddTensor(table.Name + ".lora_b", [Rank, d], Type, RandomWeights.Make(random, Type, Rank * d, DeviationOfB));
        }
        More?.Invoke(writer);
        writer.Write(path);
        return path;
    }
}
